/**
 * What a server writes down in its runtime folder so that the next one can clean up after a kill -9: a folder
 * `servers/{id}-{pid}-{start time}` with the places of its cgroups and its scratch folders. Only what such a folder names is
 * touched, so servers with different runtime folders never meet, and the runs of one that is alive go on.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@tinyfat/core';
import type { CgroupRecord } from './cgroup/find-place.ts';
import { removeCgroup } from './cgroup/run-cgroup.ts';
import { namesIn, textOf } from './look.ts';
import { identify, isAlive } from './process-identity.ts';

const NAMED = /^([0-9a-f]{12})-(\d+)-(\d+)$/;
const CGROUP_PLACES = 'cgroups';
const PATIENCE_MS = 5_000;

const cgroupPrefix = (server: string) => `tinyfat-${server}-`;

/** This process in the runtime folder, under a random name. */
export interface ServerRecord extends CgroupRecord {
  /** Makes an empty folder. */
  scratchFolder(): string;
}

export function recordServer(runtimeFolder: string): ServerRecord {
  const server = randomBytes(6).toString('hex');
  const { pid, startTime } = identify(process.pid) ?? { pid: process.pid, startTime: '0' };
  const record = join(runtimeFolder, 'servers', `${server}-${pid}-${startTime}`);
  mkdirSync(record, { recursive: true, mode: 0o700 });
  return {
    // The same run may be tried again while the cgroup of its first attempt is still being removed.
    cgroupName: (purpose) => `${cgroupPrefix(server)}${purpose}-${randomBytes(3).toString('hex')}`,
    willUse: (parent) => appendFileSync(join(record, CGROUP_PLACES), `${parent}\n`),
    scratchFolder: () => mkdtempSync(join(record, 'scratch-')),
  };
}

/**
 * Kills what servers that are gone left running and removes their cgroups and records. To be called at start-up, before the
 * first run. Gives the number of cgroups removed; a cgroup that can't be removed is logged and tried again next time.
 */
export async function removeStaleRuns(runtimeFolder: string, logger?: Logger): Promise<number> {
  let removed = 0;
  const servers = join(runtimeFolder, 'servers');
  for (const name of namesIn(servers)) {
    const [, server = '', pid, startTime = ''] = NAMED.exec(name) ?? [];
    if (isAlive({ pid: Number(pid), startTime })) continue;
    // What is named otherwise is of an earlier version, which is not running any more.
    const left = server === '' ? [] : staleCgroups(join(servers, name), server);
    const stays: string[] = [];
    for (const folder of left) if (!(await removeCgroup(folder, PATIENCE_MS))) stays.push(folder);
    for (const folder of stays) logger?.error('sandbox.stale_cgroup_stays', { folder });
    removed += left.length - stays.length;
    if (stays.length === 0) rmSync(join(servers, name), { recursive: true, force: true });
  }
  if (removed > 0) logger?.warn('sandbox.stale_cgroups_removed', { removed });
  return removed;
}

function staleCgroups(record: string, server: string): string[] {
  const parents = new Set(textOf(join(record, CGROUP_PLACES)).split('\n').filter(Boolean));
  return [...parents].flatMap((parent) =>
    namesIn(parent)
      .filter((name) => name.startsWith(cgroupPrefix(server)))
      .map((name) => join(parent, name)),
  );
}
