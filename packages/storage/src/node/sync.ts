/** Durable writes: bytes are on disk once their file was synced, names once their folder was (fsync(2)). */
import { constants, fsync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Syncs what is open behind a descriptor. */
export const sync = promisify(fsync);

/** Syncs a folder; rejects when it is none. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
