/**
 * Which process works, and whether another one still does. A process of this machine is known for sure: its number together
 * with the time at which it started is given to no other before the machine restarts.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { WorkerIdentity } from '@tinyfat/core';
import { identify, isAlive } from '@tinyfat/sandbox';

/** Those of this process that have not ended: a process can start a server more than once. */
const own = new Set<string>();

/** The identity of a worker in this process; `name` is unlike those of all others. */
export function workerIdentity(name: string): WorkerIdentity {
  const machine = machineName();
  const here = identify(process.pid);
  if (here === null) throw new Error('/proc says nothing of this process');
  const id = [machine, here.pid, here.startTime, name].join('.');
  own.add(id);
  return {
    id,
    lives(other) {
      const [theirMachine, pid, startTime] = other.split('.');
      if (theirMachine !== machine || startTime === undefined) return null;
      const their = { pid: Number(pid), startTime };
      if (their.pid === here.pid && startTime === here.startTime) return own.has(other);
      return isAlive(their);
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
