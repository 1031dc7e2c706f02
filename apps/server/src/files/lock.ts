/**
 * One server per data folder. What is locked is the folder itself (flock(2)), not a file in it: a file can be
 * deleted and made anew, and the new one is free. The lock belongs to our open descriptor, so the kernel ends it
 * with the process, however it dies, and there is no stale lock to remove. Node has no flock; the program of that
 * name (util-linux) locks the descriptor that it inherits, and the lock stays when it ends.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';

/** The lock, or why there is none; `taken` where another server has it. */
type FolderLock = { ok: true; release(): void } | { ok: false; taken: boolean; reason: string; fix: string };

/** What flock(1) ends with where somebody else has the lock. */
const TAKEN = 1;

/** Takes the lock of a data folder, which must exist. Throws where the folder can not be opened. */
export function lockDataFolder(folder: string): FolderLock {
  // Opened with O_CLOEXEC, as all that Node opens: no sandbox and no command inherits the lock.
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const flock = spawnSync('flock', ['-x', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    encoding: 'utf8',
  });
  if (flock.status === 0) return { ok: true, release: () => closeSync(descriptor) };
  closeSync(descriptor);
  if (flock.status === TAKEN) {
    return {
      ok: false,
      taken: true,
      reason: `Another tinyfat is running on ${folder}.`,
      fix: 'Stop it, or set DATA_DIR to another folder.',
    };
  }
  const why = flock.error?.message ?? flock.stderr.trim();
  return {
    ok: false,
    taken: false,
    reason: `The data folder ${folder} could not be locked: ${why}`,
    fix: 'Install util-linux (it brings the program flock), and put DATA_DIR on a disk of this machine.',
  };
}
