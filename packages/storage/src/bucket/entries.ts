/** What a listing does not say of an entry, asked for one by one, of a bounded number of them. */
import type { FolderEntry } from '@tinyfat/core';
import type { Bucket } from './bucket.ts';
import { inParallel } from './in-parallel.ts';
import { isProgram } from './program-mode.ts';

/** Entries that more is asked about, of one folder. */
const MAX_ASKED = 500;

/**
 * The entries with the time of each folder, which is that of the first file in it, and, with `modes`, with which files are
 * programs or links. Beyond the first 500, folders count as of now, and files as no programs.
 */
export async function detailed(
  bucket: Bucket,
  prefix: string,
  entries: readonly FolderEntry[],
  { modes, now }: { modes: boolean; now: number },
): Promise<FolderEntry[]> {
  const known = entries.map((entry) =>
    entry.kind === 'folder' ? { ...entry, modifiedAt: now } : { ...entry },
  );
  const asked = known.filter(({ kind }) => kind === 'folder' || modes).slice(0, MAX_ASKED);
  await inParallel(asked, async (entry) => {
    const key = `${prefix}${entry.name}`;
    if (entry.kind === 'folder') {
      const { objects } = await bucket.list({ prefix: `${key}/`, most: 1 });
      entry.modifiedAt = objects[0]?.modifiedAt ?? now;
      return;
    }
    const head = await bucket.head(key);
    if (head?.meta.link !== undefined) entry.kind = 'other';
    entry.executable = head !== null && head.meta.link === undefined && isProgram(head.meta);
  });
  return known;
}
