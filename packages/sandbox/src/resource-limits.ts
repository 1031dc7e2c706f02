/** Limits of a run as prlimit(1) options; they hold with and without a cgroup. */
import type { SandboxLimits } from './contract.ts';
import { textOf } from './look.ts';

/** The highest value that this process may give a limit; Infinity where there is no bound. */
export type HighestAllowed = (resource: Resource) => number;
type Resource = keyof typeof ROWS;

/** Their names in /proc/self/limits. */
const ROWS = {
  core: 'Max core file size',
  cpu: 'Max cpu time',
  fsize: 'Max file size',
  nofile: 'Max open files',
  data: 'Max data size',
  nproc: 'Max processes',
};

const CAP_SYS_RESOURCE = 24n;

/** From the texts of /proc/self/limits and /proc/self/status: nobody passes a hard limit without the capability. */
export function highestAllowed(limits: string, status: string): HighestAllowed {
  const capabilities = BigInt(`0x${status.match(/^CapEff:\s+([0-9a-f]+)$/m)?.[1] ?? '0'}`);
  if ((capabilities >> CAP_SYS_RESOURCE) % 2n === 1n) return () => Number.POSITIVE_INFINITY;
  return (resource) => {
    const hard = limits.match(new RegExp(`^${ROWS[resource]}\\s+\\S+\\s+(\\S+)`, 'm'))?.[1];
    return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
  };
}

export function ownHighestAllowed(): HighestAllowed {
  return highestAllowed(textOf('/proc/self/limits'), textOf('/proc/self/status'));
}

/** Seconds between the signal that says "CPU time is up" and the one that can't be ignored. */
const CPU_GRACE_S = 2;

/** RLIMIT_DATA counts mapped memory, and Node 24 maps 560 MiB that it hardly touches before it does anything. */
const UNTOUCHED_BYTES = 1 << 30;

/** What is limited before bubblewrap starts. */
export function limitOptions(
  limits: SandboxLimits,
  highest: HighestAllowed,
  counted: { byCgroup: boolean; processesOfAllRuns: number | null },
): string[] {
  const option = (resource: Resource, wanted: number) =>
    `--${resource}=${Math.min(wanted, highest(resource))}`;
  const seconds = Math.max(1, Math.ceil(limits.cpuSeconds));
  const cpu = Math.min(seconds, highest('cpu'));
  const options = [
    // 1 byte: no core file fits, and it is the one value at which the kernel starts no core_pattern program.
    option('core', 1),
    `--cpu=${cpu}:${Math.min(cpu + CPU_GRACE_S, highest('cpu'))}`,
    option('fsize', limits.fileBytes),
    option('nofile', limits.openFiles),
  ];
  if (counted.byCgroup) return options;
  // The watchdog looks now and then; these bound what can happen between two looks.
  options.push(option('data', limits.memoryBytes + UNTOUCHED_BYTES));
  if (counted.processesOfAllRuns !== null) options.push(option('nproc', counted.processesOfAllRuns));
  return options;
}

/** What can be limited only inside, where RLIMIT_NPROC counts the processes of this run alone. */
export function limitOptionsInside(limits: SandboxLimits, highest: HighestAllowed): string[] {
  return [`--nproc=${Math.min(limits.processes * 2, highest('nproc'))}`];
}
