/** Where tests make folders of data that may vanish with the machine: in memory, where there is plenty of it. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** So much must be free, bytes: in a container it is often 64 MiB. */
const PLENTY = 2 ** 30;

/** A folder to make others in, where no file waits for a disk; nothing there may be a program (it is often `noexec`). */
export function scratchFolder(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > PLENTY ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
