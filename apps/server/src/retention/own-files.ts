/** Files of the data folder that are the server's own. */
import { lstat, opendir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '@tinyfat/core';
import { inSlices, SLICE, type Walk } from './walk.ts';

/** Stacks of faults. */
export async function removeFaults(walk: Walk): Promise<void> {
  await removeFiles(walk, walk.paths.faults, (name) => /^fault-.*\.txt$/.test(name));
}

/** Mails that a mail program may read there, or has read. */
export async function removeMailbox(walk: Walk): Promise<void> {
  for (const folder of ['new', 'cur']) {
    await removeFiles(walk, join(walk.paths.mailbox, folder), (name) => !name.startsWith('.'));
  }
}

/** The database as it was before an upgrade. */
export async function removeDatabaseCopies(walk: Walk): Promise<void> {
  const { database } = walk.paths;
  const begin = `${basename(database)}.before-`;
  await removeFiles(walk, dirname(database), (name) => name.startsWith(begin));
}

/** Regular files of these names that nothing was written to since then. Another process may be faster. */
async function removeFiles(walk: Walk, folder: string, isOurs: (name: string) => boolean): Promise<void> {
  const names = await opendir(folder, { bufferSize: SLICE }).catch(unlessMissing);
  if (names === null) return;
  try {
    await inSlices(walk, async () => {
      for (let looked = 0; looked < SLICE; looked += 1) {
        const entry = await names.read();
        if (entry === null) return false;
        if (isOurs(entry.name)) await removeOld(walk, join(folder, entry.name));
      }
      return true;
    });
  } finally {
    await names.close();
  }
}

async function removeOld({ before, dry, count }: Walk, path: string): Promise<void> {
  const status = await lstat(path).catch(unlessMissing);
  if (status === null || !status.isFile() || status.mtimeMs >= before) return;
  if (!dry && (await unlink(path).catch(unlessMissing)) === null) return;
  count.removed += 1;
  count.bytes += status.size;
}

function unlessMissing(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
