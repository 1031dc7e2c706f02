/**
 * Locks on folders (flock(2)). What is locked is the folder itself, not a file in it: a file can be deleted and made anew,
 * and the new one is free. A lock belongs to our open descriptor, so the kernel ends it with the process, however it dies,
 * and there is no stale lock to remove. Node has no flock; the program of that name (util-linux) locks the descriptor that
 * it inherits, and the lock stays when it ends.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';

/** The lock, or why there is none: `taken` where somebody else has it. */
export type Flock =
  | { ok: true; release(): void }
  | { ok: false; taken: true }
  | { ok: false; taken: false; why: string };

/** `exclusive` is held by one alone, `shared` by any number; `wait`: exclusive, for which others are waited for. */
export type FlockMode = 'exclusive' | 'shared' | 'wait';

/** What flock(1) ends with where somebody else has the lock. */
const TAKEN = 1;
const WAIT_S = '30';
const WORDS: Readonly<Record<FlockMode, readonly string[]>> = {
  exclusive: ['-x', '-n'],
  shared: ['-s', '-n'],
  wait: ['-x', '-w', WAIT_S],
};

/** Takes the lock of a folder. Throws where the folder can not be opened. */
export function flockFolder(folder: string, mode: FlockMode): Flock {
  // Opened with O_CLOEXEC, as all that Node opens: no sandbox and no command inherits the lock.
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const flock = spawnSync('flock', [...WORDS[mode], '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    encoding: 'utf8',
  });
  if (flock.status === 0) return { ok: true, release: () => closeSync(descriptor) };
  closeSync(descriptor);
  if (flock.status === TAKEN) return { ok: false, taken: true };
  return { ok: false, taken: false, why: flock.error?.message ?? flock.stderr.trim() };
}
