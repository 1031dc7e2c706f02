/** Looks for processes on the host, from outside. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { identify } from '../process-identity.ts';

/** Ids of living processes (no zombies) whose command line holds the text. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text) && identify(pid) !== null;
      } catch {
        return false;
      }
    });
}

/** Resolves when there is none any more; for ends that nobody announces. The test's own timeout is the limit. */
export async function untilNone(text: string): Promise<void> {
  while (processesWith(text).length > 0) await pause(5);
}

/** An argument for `sleep` that no other process has. */
export function uniqueSleep(): string {
  return `1000.${Math.floor(Math.random() * 1e12)}`;
}
