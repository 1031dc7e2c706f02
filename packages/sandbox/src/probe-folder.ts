/**
 * The scratch folder of a probe. Its name says which process made it, so that what a kill -9 left is found at the
 * next start, and the folder of a server that is alive is not.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive } from './process-identity.ts';

const PREFIX = 'probe-';
const NAMED = /^probe-(\d+)-(\d+)-/;
/** A probe takes 20 seconds at most; a folder whose name says nothing is left over when it is much older. */
const NAMELESS_STALE_MS = 3_600_000;

/** Makes an empty folder for a probe of this process; whoever makes it removes it. */
export function makeProbeFolder(runtimeFolder: string): string {
  const startTime = identify(process.pid)?.startTime ?? '0';
  return mkdtempSync(join(runtimeFolder, `${PREFIX}${process.pid}-${startTime}-`));
}

/** Removes the folders of probes whose process is gone; gives their number. A missing runtime folder has none. */
export function removeStaleProbes(runtimeFolder: string): number {
  let removed = 0;
  for (const name of namesIn(runtimeFolder)) {
    const folder = join(runtimeFolder, name);
    if (!name.startsWith(PREFIX) || !isLeftOver(name, folder)) continue;
    rmSync(folder, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}

function isLeftOver(name: string, folder: string): boolean {
  const [, pid, startTime] = NAMED.exec(name) ?? [];
  if (pid !== undefined && startTime !== undefined) return !isAlive({ pid: Number(pid), startTime });
  const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > NAMELESS_STALE_MS;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
