/**
 * Which process works, and whether another one still does. A process of this machine is known for sure: its number together
 * with the time at which it started (proc(5), `/proc/pid/stat`) is given to no other before the machine restarts.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { WorkerIdentity } from '@tinyfat/core';

/** Fields after the name of the program, counted from the state of the process. */
const STATE = 0;
const START_TIME = 19;

/** Those of this process that have not ended: a process can start a server more than once. */
const own = new Set<string>();

/** The identity of a worker in this process; `name` is unlike those of all others. */
export function workerIdentity(name: string): WorkerIdentity {
  const machine = machineName();
  const id = [machine, process.pid, startTime(process.pid), name].join('.');
  own.add(id);
  return {
    id,
    lives(other) {
      const [theirMachine, pid, started] = other.split('.');
      if (theirMachine !== machine || pid === undefined) return null;
      if (Number(pid) === process.pid && started === startTime(process.pid)) return own.has(other);
      return startTime(Number(pid)) === started;
    },
  };
}

/** Ends a worker of this process: what it held is given back. */
export function endWorker({ id }: WorkerIdentity): void {
  own.delete(id);
}

/** One run of a machine's system, and in it one space of process numbers: containers have their own. */
function machineName(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const space = readlinkSync('/proc/self/ns/pid');
  return createHash('sha256').update(`${boot} ${space}`).digest('hex').slice(0, 16);
}

/** Clock ticks from the start of the machine to that of the process; null where there is none, or only its remains. */
function startTime(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE];
  return state === 'Z' || state === 'X' ? null : (fields[START_TIME] ?? null);
}
