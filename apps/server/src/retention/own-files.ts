/** Files of the data folder that are the server's own. */
import { lstat, opendir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '@tinyfat/core';
import { inSlices, type OwnFiles, SLICE, type Walk } from '@tinyfat/retention';

/** Of the data folder; copies of the database lie beside it. */
interface Paths {
  database: string;
  faults: string;
  mailbox: string;
}

/** How they are removed. */
export function ownFiles({ database, faults, mailbox }: Paths): OwnFiles {
  return {
    /** Stacks of faults. */
    faults: (walk) => removeFiles(walk, faults, (name) => /^fault-.*\.txt$/.test(name)),

    /** Mails that a mail program may read there, or has read. */
    async mailbox(walk) {
      for (const folder of ['new', 'cur']) {
        await removeFiles(walk, join(mailbox, folder), (name) => !name.startsWith('.'));
      }
    },

    /** The database as it was before an upgrade. */
    database_copies(walk) {
      const begin = `${basename(database)}.before-`;
      return removeFiles(walk, dirname(database), (name) => name.startsWith(begin));
    },
  };
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
