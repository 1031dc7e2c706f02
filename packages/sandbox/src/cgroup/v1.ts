/** Version 1: one hierarchy per controller (Documentation/admin-guide/cgroup-v1). */
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

/** Our own folder in each hierarchy; `cpu` may be missing. */
export interface Hierarchies {
  memory: string;
  pids: string;
  cpu: string | null;
}

export function cgroupV1(hierarchies: Hierarchies): CgroupPlace {
  const parents = [hierarchies.memory, hierarchies.pids];
  if (hierarchies.cpu !== null) parents.push(hierarchies.cpu);
  return { version: 1, parents, make: (name, limits) => make(hierarchies, parents, name, limits) };
}

function make(hierarchies: Hierarchies, parents: string[], name: string, limits: CgroupLimits): RunCgroup {
  const memory = join(hierarchies.memory, name);
  const pids = join(hierarchies.pids, name);
  const made: string[] = [];
  try {
    for (const parent of parents) {
      mkdirSync(join(parent, name));
      made.push(join(parent, name));
    }
    writeFileSync(join(memory, 'memory.limit_in_bytes'), String(limits.memoryBytes));
    const withSwap = join(memory, 'memory.memsw.limit_in_bytes');
    if (existsSync(withSwap)) writeFileSync(withSwap, String(limits.memoryBytes));
    writeFileSync(join(pids, 'pids.max'), String(limits.processes));
    if (hierarchies.cpu !== null) {
      const quota = String(Math.round(limits.cpus * CPU_PERIOD_US));
      writeFileSync(join(hierarchies.cpu, name, 'cpu.cfs_period_us'), String(CPU_PERIOD_US));
      writeFileSync(join(hierarchies.cpu, name, 'cpu.cfs_quota_us'), quota);
    }
  } catch (error) {
    for (const folder of made) rmdirSync(folder);
    throw error;
  }
  const kill = () => killMembers(pids);
  return {
    join: (processes) => joinAll(made, processes),
    report: () => ({
      memoryKills: cgroupNumber(join(memory, 'memory.oom_control'), 'oom_kill') ?? 0,
      peakMemoryBytes: cgroupNumber(join(memory, 'memory.max_usage_in_bytes')),
      refusedForks: cgroupNumber(join(pids, 'pids.events'), 'max') ?? 0,
    }),
    kill,
    remove: async () => {
      for (const folder of made) await removeCgroup(folder, () => killMembers(folder));
    },
  };
}
