/**
 * Looks after a run from outside. Where no cgroup counts, the tree of processes below pid 1 of the sandbox is summed up: it
 * is complete, because orphans inside become children of that pid 1. Where a cgroup counts, only a fork bomb needs an eye:
 * the kernel refuses its forks but lets it go on trying.
 */
import { readdirSync } from 'node:fs';
import type { FaultBarrier } from '@tinyfat/core';
import type { RunCgroup } from './cgroup/run-cgroup.ts';
import type { SandboxLimits } from './contract.ts';
import { privateMemory, processTree, residentMemory } from './process-tree.ts';

const LOOK_EVERY_MS = 50;
const LOOK_AT_CGROUP_EVERY_MS = 250;

export interface Watch {
  /** Highest memory use seen, bytes; between two looks it may have been higher. */
  peakMemoryBytes(): number;
  end(): void;
}

/**
 * Calls `stop` once when the tree below `root` goes over a limit; looks less often when looking is costly. `guard` goes
 * around each look.
 */
export function watchTree(
  root: number,
  limits: SandboxLimits,
  stop: (reason: 'memory' | 'processes') => void,
  guard: FaultBarrier,
): Watch {
  let peak = 0;
  const look = guard(() => {
    const began = performance.now();
    if (processesInside(root) > limits.processes) return stop('processes');
    const pids: number[] = [];
    let tasks = 0;
    for (const found of processTree(root)) {
      pids.push(found.pid);
      tasks += found.tasks;
      if (tasks > limits.processes) return stop('processes');
    }
    const memoryBytes = pids.reduce((sum, pid) => sum + residentMemory(pid), 0);
    peak = Math.max(peak, memoryBytes);
    if (memoryBytes > limits.memoryBytes && privateMemory(pids) > limits.memoryBytes) return stop('memory');
    timer = setTimeout(look, Math.max(LOOK_EVERY_MS, 10 * (performance.now() - began)));
  });
  let timer = setTimeout(look, 0);
  return { peakMemoryBytes: () => peak, end: () => clearTimeout(timer) };
}

/**
 * Processes in the sandbox, by one look into its own /proc. A fork bomb leaves the server little of the processors: to walk
 * its tree could take a minute.
 */
function processesInside(root: number): number {
  try {
    return readdirSync(`/proc/${root}/root/proc`).filter((name) => /^\d/.test(name)).length;
  } catch {
    // The run is over, or the kernel does not show it to us: the walk counts.
    return 0;
  }
}

/** Calls `stop` when more forks were refused than processes are allowed: a program in need has given up by then. */
export function watchForks(
  cgroup: RunCgroup,
  limits: SandboxLimits,
  stop: () => void,
  guard: FaultBarrier,
): Watch {
  const timer = setInterval(
    guard(() => {
      if (cgroup.report().refusedForks <= limits.processes) return;
      clearInterval(timer);
      stop();
    }),
    LOOK_AT_CGROUP_EVERY_MS,
  );
  return { peakMemoryBytes: () => 0, end: () => clearInterval(timer) };
}
