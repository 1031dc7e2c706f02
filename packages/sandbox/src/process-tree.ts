/** The processes below one, by what /proc says of each (proc(5): status, task/tid/children, smaps_rollup, ns). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { textOf } from './look.ts';
import { identify, isAlive, killProcess, type ProcessIdentity } from './process-identity.ts';

interface TreeProcess {
  pid: number;
  /** Its threads. */
  tasks: number;
}

/** A process and everything below it, parents first. What ends meanwhile is left out; its children are then pid 1's. */
export function* processTree(root: number): Generator<TreeProcess> {
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    try {
      const tasks = readdirSync(`/proc/${pid}/task`);
      for (const task of tasks) {
        const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1');
        open.push(...children.split(' ').filter(Boolean).map(Number));
      }
      yield { pid, tasks: tasks.length };
    } catch {
      // Ended while we looked.
    }
  }
}

/** Anonymous and shared memory of a process in RAM, pages that it shares with others included; 0 when it is gone. */
export function residentMemory(pid: number): number {
  const status = textOf(`/proc/${pid}/status`);
  return kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem');
}

/** Memory of processes with shared pages counted once; a process that can't be read counts as more than any limit. */
export function privateMemory(pids: readonly number[]): number {
  let bytes = 0;
  for (const pid of pids) {
    const rollup = textOf(`/proc/${pid}/smaps_rollup`);
    if (rollup === '' && identify(pid) !== null) return Number.POSITIVE_INFINITY;
    bytes += kilobytes(rollup, 'Pss_Anon') + kilobytes(rollup, 'Pss_Shmem');
  }
  return bytes;
}

/**
 * Kills pid 1 of a pid namespace, and resolves when it is gone; the kernel kills everything else inside first. For that
 * pid 1 must get to the processor, which a fork bomb takes from it: so the processes below are killed from here as well.
 */
export async function endNamespace(root: ProcessIdentity): Promise<void> {
  for (let wait = 1; isAlive(root); wait = Math.min(wait * 2, 50)) {
    killProcess(root);
    killBelow(root.pid);
    await pause(wait);
  }
}

function killBelow(root: number): void {
  const namespace = pidNamespace(root);
  if (namespace === null) return;
  for (const { pid } of processTree(root)) {
    // An id may be another process's by now; what is still of this namespace has to end in any case.
    if (pidNamespace(pid) === namespace) kill(pid);
  }
}

/** Null when the process is gone, or may not be looked at by us (an ordinary user, and it hides from debuggers). */
function pidNamespace(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone in between.
  }
}

function kilobytes(text: string, field: 'RssAnon' | 'RssShmem' | 'Pss_Anon' | 'Pss_Shmem'): number {
  return Number(text.match(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm'))?.[1] ?? 0) * 1024;
}
