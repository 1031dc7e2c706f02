/** The cgroup of one run (version 2: Documentation/admin-guide/cgroup-v2.rst). */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxLimits } from '../contract.ts';
import { textOf } from '../look.ts';

const CPU_PERIOD_US = 100_000;

type CgroupLimits = Pick<SandboxLimits, 'memoryBytes' | 'processes' | 'cpus'>;

/** Controllers that a run's limits are written to, where the parent gives them to its children. */
export type Controller = 'memory' | 'pids' | 'cpu';

/** What the kernel counted for a run. */
interface CgroupReport {
  /** Processes that the kernel killed for want of memory. */
  memoryKills: number;
  /** Null where this kernel does not count it (before Linux 5.19). */
  peakMemoryBytes: number | null;
  /** Forks and threads refused at the limit. */
  refusedForks: number;
}

export interface RunCgroup {
  /**
   * Moves processes in; what they start from then on is inside too. Rejects when the kernel refuses. Off the main thread:
   * the first move waits for every CPU, some 10 ms.
   */
  join(pids: number[]): Promise<void>;
  report(): CgroupReport;
  /** Kills until nothing is left and the folder is gone. */
  remove(): Promise<void>;
}

/** A folder in which this process may make cgroups. */
export interface CgroupPlace {
  parent: string;
  /** Throws when the kernel refuses; nothing is left behind then. */
  make(name: string, limits: CgroupLimits): RunCgroup;
}

/** `parent` holds no process of its own and gives `controllers` to its children. */
export function cgroupPlace(parent: string, controllers: ReadonlySet<Controller>): CgroupPlace {
  return { parent, make: (name, limits) => make(join(parent, name), controllers, limits) };
}

function make(folder: string, controllers: ReadonlySet<Controller>, limits: CgroupLimits): RunCgroup {
  mkdirSync(folder);
  const set = (file: string, value: string) => writeFileSync(join(folder, file), value);
  try {
    if (controllers.has('memory')) {
      set('memory.max', String(limits.memoryBytes));
      if (existsSync(join(folder, 'memory.swap.max'))) set('memory.swap.max', '0');
    }
    if (controllers.has('pids')) set('pids.max', String(limits.processes));
    if (controllers.has('cpu')) set('cpu.max', `${Math.round(limits.cpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}`);
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return {
    async join(pids) {
      for (const pid of pids) await writeFile(join(folder, 'cgroup.procs'), String(pid));
    },
    report: () => ({
      memoryKills: count(folder, 'memory.events', /^oom_kill (\d+)$/m) ?? 0,
      peakMemoryBytes: count(folder, 'memory.peak', /^(\d+)$/m),
      refusedForks: count(folder, 'pids.events', /^max (\d+)$/m) ?? 0,
    }),
    async remove() {
      await removeCgroup(folder);
    },
  };
}

function count(folder: string, file: string, pattern: RegExp): number | null {
  const digits = textOf(join(folder, file)).match(pattern)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Process ids in a cgroup folder; empty when it is gone. */
export function members(folder: string): number[] {
  return (
    textOf(join(folder, 'cgroup.procs'))
      .split('\n')
      .map(Number)
      // The kernel writes 0 for a process of a foreign pid namespace; kill(0) would be our own group.
      .filter((pid) => pid > 0)
  );
}

/**
 * Removes a cgroup folder, killing what is inside as often as needed. The kernel removes no folder that holds a process,
 * so its end is the proof that none is left. False when it is still there after `patienceMs`.
 */
export async function removeCgroup(folder: string, patienceMs = Number.POSITIVE_INFINITY): Promise<boolean> {
  for (let waited = 0, wait = 1; ; waited += wait, wait = Math.min(wait * 2, 50)) {
    killMembers(folder);
    try {
      rmdirSync(folder);
      return true;
    } catch {
      if (!existsSync(folder)) return true;
    }
    if (waited > patienceMs) return false;
    await pause(wait);
  }
}

/** Kills everything inside at once, new forks included (cgroup.kill, Linux 5.14), else each process by its id. */
function killMembers(folder: string): void {
  try {
    if (existsSync(join(folder, 'cgroup.kill'))) writeFileSync(join(folder, 'cgroup.kill'), '1');
    else for (const pid of members(folder)) process.kill(pid, 'SIGKILL');
  } catch {
    // The folder or the process is gone in between; the caller looks again.
  }
}
