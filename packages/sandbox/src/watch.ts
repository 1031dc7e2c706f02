/**
 * Looks after a run from outside. Where no cgroup counts, the tree of processes below pid 1 of the sandbox is
 * summed up: it is complete, because orphans inside become children of that pid 1. Where a cgroup counts, only
 * a fork bomb needs an eye: the kernel refuses its forks but lets it go on trying.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { FaultBarrier, SandboxLimits } from '@tinyfat/core';
import type { RunCgroup } from './cgroup/run-cgroup.ts';

const LOOK_EVERY_MS = 50;
const LOOK_AT_CGROUP_EVERY_MS = 250;

/** What a tree of processes uses. */
export interface TreeUse {
  /** Anonymous and shared memory in RAM, bytes; pages that processes share are counted in each. */
  memoryBytes: number;
  /** Processes and threads. */
  tasks: number;
  pids: number[];
}

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
    const use = treeUse(root);
    peak = Math.max(peak, use.memoryBytes);
    if (use.tasks > limits.processes) return stop('processes');
    if (use.memoryBytes > limits.memoryBytes && ownShare(use.pids) > limits.memoryBytes)
      return stop('memory');
    timer = setTimeout(look, Math.max(LOOK_EVERY_MS, 10 * (performance.now() - began)));
  });
  let timer = setTimeout(look, 0);
  return { peakMemoryBytes: () => peak, end: () => clearTimeout(timer) };
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

/** Sums up a process and everything below it (proc(5): status, task/tid/children). */
export function treeUse(root: number): TreeUse {
  const use: TreeUse = { memoryBytes: 0, tasks: 0, pids: [] };
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      use.memoryBytes += kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem');
      use.pids.push(pid);
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        use.tasks += 1;
        const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1');
        open.push(...children.split(' ').filter(Boolean).map(Number));
      }
    } catch {
      // Ended while we looked; its children are with pid 1 at the next look.
    }
  }
  return use;
}

/** The same memory with shared pages counted once; a process that can't be read counts as more than any limit. */
function ownShare(pids: number[]): number {
  let bytes = 0;
  for (const pid of pids) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
      bytes += kilobytes(rollup, 'Pss_Anon') + kilobytes(rollup, 'Pss_Shmem');
    } catch (error) {
      if (!isGone(error)) return Number.POSITIVE_INFINITY;
    }
  }
  return bytes;
}

const fields = {
  RssAnon: /^RssAnon:\s+(\d+) kB$/m,
  RssShmem: /^RssShmem:\s+(\d+) kB$/m,
  Pss_Anon: /^Pss_Anon:\s+(\d+) kB$/m,
  Pss_Shmem: /^Pss_Shmem:\s+(\d+) kB$/m,
};

function kilobytes(text: string, field: keyof typeof fields): number {
  return Number(text.match(fields[field])?.[1] ?? 0) * 1024;
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
