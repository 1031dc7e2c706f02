/** Processes named so that a reused id is not taken for the same one. */
import { textOf } from './look.ts';

export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot (proc(5), /proc/pid/stat field 22). */
  startTime: string;
}

/** The identity of the process that has this id now; null when there is none, or only its zombie. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything; the fields after it begin with the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = fields[19];
  return startTime === undefined || fields[0] === 'Z' || fields[0] === 'X' ? null : { pid, startTime };
}

/** A zombie is dead: it holds nothing any more. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Kills this very process, if it is still there. */
export function killProcess(identity: ProcessIdentity): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch {
    // Gone in between.
  }
}

/** The one child of a process; null when it has none yet, or several (proc(5), CONFIG_PROC_CHILDREN). */
export function onlyChild(pid: number | undefined): ProcessIdentity | null {
  const children = textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.length === 1 ? identify(Number(children[0])) : null;
}

/** True once the process runs under a seccomp filter that we don't have ourselves. */
export function isFiltered({ pid }: ProcessIdentity): boolean {
  return hasMoreFilters(textOf(`/proc/${pid}/status`), textOf('/proc/self/status'));
}

/**
 * Compares two texts of /proc/pid/status. In a container we may have filters ourselves, and so has every child;
 * kernels before 5.9 don't count them.
 */
export function hasMoreFilters(theirs: string, ours: string): boolean {
  const count = (status: string) => status.match(/^Seccomp_filters:\s(\d+)$/m)?.[1];
  const [their, our] = [count(theirs), count(ours)];
  if (their !== undefined && our !== undefined) return Number(their) > Number(our);
  return /^Seccomp:\s2$/m.test(theirs);
}
