/** Version 2: one hierarchy (Documentation/admin-guide/cgroup-v2.rst). */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CgroupLimits,
  type CgroupPlace,
  cgroupNumber,
  joinAll,
  killMembers,
  type RunCgroup,
  removeCgroup,
} from './run-cgroup.ts';

const CPU_PERIOD_US = 100_000;

/** Controllers that a run's limits are written to, where the parent gives them to its children. */
export type Controller = 'memory' | 'pids' | 'cpu';

/** `parent` is a folder without processes of its own that gives `controllers` to its children. */
export function cgroupV2(parent: string, controllers: ReadonlySet<Controller>): CgroupPlace {
  return {
    version: 2,
    parents: [parent],
    make: (name, limits) => make(join(parent, name), controllers, limits),
  };
}

/** Kills a folder's processes at once, new forks included (cgroup.kill, Linux 5.14), else by id. */
export function killV2(folder: string): void {
  if (existsSync(join(folder, 'cgroup.kill'))) writeFileSync(join(folder, 'cgroup.kill'), '1');
  else killMembers(folder);
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
  const kill = () => {
    try {
      killV2(folder);
    } catch {
      // The folder is gone, and with it everything inside.
    }
  };
  return {
    join: (processes) => joinAll([folder], processes),
    report: () => ({
      memoryKills: cgroupNumber(join(folder, 'memory.events'), 'oom_kill') ?? 0,
      peakMemoryBytes: cgroupNumber(join(folder, 'memory.peak')),
      refusedForks: cgroupNumber(join(folder, 'pids.events'), 'max') ?? 0,
    }),
    kill,
    remove: async () => {
      await removeCgroup(folder, kill);
    },
  };
}
