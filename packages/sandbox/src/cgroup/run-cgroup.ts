/** The cgroup of one run, whichever version the kernel has it in. */
import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxLimits } from '@tinyfat/core';

export type CgroupLimits = Pick<SandboxLimits, 'memoryBytes' | 'processes' | 'cpus'>;

/** What the kernel counted for a run. */
export interface CgroupReport {
  /** Processes that the kernel killed for want of memory. */
  memoryKills: number;
  /** Null where this kernel does not tell. */
  peakMemoryBytes: number | null;
  /** Forks and threads refused at the limit. */
  refusedForks: number;
}

export interface RunCgroup {
  /** Moves processes in; what they start from then on is inside too. Rejects when the kernel refuses. */
  join(pids: number[]): Promise<void>;
  report(): CgroupReport;
  /** Kills everything inside, once. */
  kill(): void;
  /** Kills until nothing is left and the folders are gone. */
  remove(): Promise<void>;
}

/** Where this process may make cgroups. */
export interface CgroupPlace {
  version: 1 | 2;
  /** The folders in which `make` makes one each. */
  parents: string[];
  /** Throws when the kernel refuses; nothing is left behind then. */
  make(name: string, limits: CgroupLimits): RunCgroup;
}

/** A number in a cgroup file: the whole of it, or the one behind `key`; null when there is none. */
export function cgroupNumber(file: string, key?: string): number | null {
  const text = readIfThere(file);
  const digits = key === undefined ? text : text.match(new RegExp(`^${key} (\\d+)$`, 'm'))?.[1];
  return digits === undefined || !/^\d+\s*$/.test(digits) ? null : Number(digits);
}

/** Process ids in a cgroup folder; empty when it is gone. */
export function members(folder: string): number[] {
  return (
    readIfThere(`${folder}/cgroup.procs`)
      .split('\n')
      .map(Number)
      // The kernel writes 0 for a process of a foreign pid namespace; kill(0) would be our own group.
      .filter((pid) => pid > 0)
  );
}

/** Moves processes into all these folders. Off the main thread: the first move waits for every CPU, some 10 ms. */
export async function joinAll(folders: string[], pids: number[]): Promise<void> {
  for (const folder of folders)
    for (const pid of pids) await writeFile(`${folder}/cgroup.procs`, String(pid));
}

/** Kills every process that is now in the folder, by id. */
export function killMembers(folder: string): void {
  for (const pid of members(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone in between.
    }
  }
}

/**
 * Removes a cgroup folder, killing what is inside as often as needed. Resolves only when it is gone: a folder
 * that still holds a process can't be removed, so this is also the proof that none is left. False when it
 * is still there after `patienceMs`.
 */
export async function removeCgroup(
  folder: string,
  kill: () => void,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  for (let waited = 0, wait = 1; ; waited += wait, wait = Math.min(wait * 2, 50)) {
    try {
      rmdirSync(folder);
      return true;
    } catch {
      if (!existsSync(folder)) return true;
    }
    if (waited > patienceMs) return false;
    kill();
    await pause(wait);
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
