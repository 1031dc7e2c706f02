/** Names on disk: a file that was made, renamed or removed is so after a power cut only once its folder was synced. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Syncs a folder; rejects when it is none. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
