/**
 * What a server leaves in its runtime folder so that the next one can clean up after a kill -9: who it was and
 * where it made cgroups. Only what a record of this folder names is touched, so servers with different
 * runtime folders never meet, and one that is alive keeps its runs.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@tinyfat/core';
import { removeCgroup } from './cgroup/run-cgroup.ts';
import { removeStaleProbes } from './probe-folder.ts';
import { identify, isAlive } from './process-identity.ts';

const PATIENCE_MS = 5_000;

const cgroupPrefix = (server: string) => `tinyfat-${server}-`;

/** This process in the runtime folder, under a random name. */
export interface ServerRecord {
  /** How a cgroup of this server is to be named. */
  cgroupName(purpose: string): string;
  /** Writes a folder down before cgroups are made in it. */
  willUse(cgroupParent: string): void;
}

export function recordServer(runtimeFolder: string): ServerRecord {
  const server = randomBytes(6).toString('hex');
  const startTime = identify(process.pid)?.startTime ?? '';
  const records = join(runtimeFolder, 'servers');
  mkdirSync(records, { recursive: true, mode: 0o700 });
  const parents = new Set<string>();
  return {
    // The same run may be tried again while the cgroup of its first attempt is still being removed.
    cgroupName: (purpose) => `${cgroupPrefix(server)}${purpose}-${randomBytes(3).toString('hex')}`,
    willUse: (parent) => {
      parents.add(parent);
      // What a kill -9 leaves unfinished, the next start removes by the process in its name.
      const unfinished = join(records, `${server}-${process.pid}-${startTime}.new`);
      writeFileSync(unfinished, `${[process.pid, startTime, ...parents].join('\n')}\n`, { mode: 0o600 });
      renameSync(unfinished, join(records, server));
    },
  };
}

/**
 * Kills what servers that are gone left running and removes their cgroups, records and probes' folders. To be
 * called at start-up, before the first run. Gives the number of cgroups removed; a cgroup that can't be removed is
 * logged and tried again next time.
 */
export async function removeStaleRuns(runtimeFolder: string, logger?: Logger): Promise<number> {
  let removed = 0;
  removeStaleProbes(runtimeFolder);
  for (const server of namesIn(join(runtimeFolder, 'servers'))) {
    const record = join(runtimeFolder, 'servers', server);
    if (server.endsWith('.new')) removeUnfinished(record);
    if (!/^[0-9a-f]{12}$/.test(server)) continue;
    const [pid = '', startTime = '', ...parents] = readIfThere(record).trimEnd().split('\n');
    if (isAlive({ pid: Number(pid), startTime })) continue;
    let left = 0;
    for (const parent of parents) {
      for (const name of namesIn(parent).filter((entry) => entry.startsWith(cgroupPrefix(server)))) {
        const folder = join(parent, name);
        if (await removeCgroup(folder, PATIENCE_MS)) removed += 1;
        else {
          left += 1;
          logger?.error('sandbox.stale_cgroup_stays', { folder });
        }
      }
    }
    if (left === 0) rmSync(record, { force: true });
  }
  if (removed > 0) logger?.warn('sandbox.stale_cgroups_removed', { removed });
  return removed;
}

/** Those without a process in their name are of an earlier version, which is not running any more. */
function removeUnfinished(record: string): void {
  const [, pid, startTime = ''] = /-(\d+)-(\d+)\.new$/.exec(record) ?? [];
  if (pid === undefined || !isAlive({ pid: Number(pid), startTime })) rmSync(record, { force: true });
}

/** Another server may be cleaning up at the same time. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
