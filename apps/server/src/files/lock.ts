/**
 * Who may run on a data folder: one server with all roles, or any number of processes with a role each. Held for as long
 * as the process lives.
 */
import type { Role } from '../roles.ts';
import { flockFolder } from './flock.ts';

/** The lock, or why there is none; `taken` where another server has it. */
type FolderLock = { ok: true; release(): void } | { ok: false; taken: boolean; reason: string; fix: string };

/** Takes the lock of a data folder, which must exist. Throws where the folder can not be opened. */
export function lockDataFolder(folder: string, role: Role = 'all'): FolderLock {
  const lock = flockFolder(folder, role === 'all' ? 'exclusive' : 'shared');
  if (lock.ok) return lock;
  if (lock.taken) {
    return {
      ok: false,
      taken: true,
      reason: `Another tinyfat is running on ${folder}${role === 'all' ? '' : ', and has all roles'}.`,
      fix:
        role === 'all'
          ? 'Stop it, or set DATA_DIR to another folder.'
          : 'Stop it, and start a process for each role: tinyfat start --role smtp, platform and worker.',
    };
  }
  return {
    ok: false,
    taken: false,
    reason: `The data folder ${folder} could not be locked: ${lock.why}`,
    fix: 'Install util-linux (it brings the program flock), and put DATA_DIR on a disk of this machine.',
  };
}
