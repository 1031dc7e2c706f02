/** Lists a folder that an untrusted process filled: a bounded number of names, in slices that let others run. */
import { type Dir, lstatSync, opendirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { FolderEntry, ListedNames } from '@tinyfat/core';
import { descriptorPath, isMissing } from './open-below.ts';

/** Names that are read of one folder. It was filled on purpose with more, which are not looked at. */
const MAX_NAMES = 200_000;
/** A thousandth of a second's work. */
const SLICE = 200;
/** Names in hand beyond those that are wanted, before they are sorted out. */
const SPARE = 2000;
const OWNER_MAY_RUN = 0o100;

/** Entries of the folder behind a descriptor, sorted by name, at most `limit`, of any `mostNames` that it holds. */
export async function listFolder(
  fd: number,
  limit: number,
  wanted: ListedNames = {},
  mostNames = MAX_NAMES,
): Promise<FolderEntry[]> {
  const names = await readNames(fd, limit, wanted, mostNames);
  const entries: FolderEntry[] = [];
  for (const [index, name] of names.entries()) {
    if (index % SLICE === SLICE - 1) await setImmediate();
    try {
      const stats = lstatSync(descriptorPath(fd, name));
      const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
      entries.push({
        name,
        kind,
        size: stats.size,
        modifiedAt: Math.round(stats.mtimeMs),
        executable: kind === 'file' && (stats.mode & OWNER_MAY_RUN) !== 0,
      });
    } catch (error) {
      if (!isMissing(error)) throw error;
      // A name that is not UTF-8 is shown with this in it, and can't be used; but something is there.
      if (name.includes('\ufffd')) {
        entries.push({ name, kind: 'other', size: 0, modifiedAt: 0, executable: false });
      }
    }
  }
  return entries;
}

/** The first or the last names that are wanted, in order. No more than some of them are ever in hand. */
async function readNames(
  fd: number,
  limit: number,
  { from = '', only = () => true, last = false }: ListedNames,
  most: number,
): Promise<string[]> {
  let names: string[] = [];
  const sortOut = () => {
    names.sort();
    if (names.length > limit) names = last ? names.slice(names.length - limit) : names.slice(0, limit);
  };
  const folder = opendirSync(descriptorPath(fd), { bufferSize: SLICE });
  try {
    for (let read = 0; read < most; ) {
      const more = readSlice(folder, Math.min(SLICE, most - read));
      read += more.length;
      for (const name of more) if (name >= from && only(name)) names.push(name);
      if (names.length >= 2 * limit + SPARE) sortOut();
      if (more.length < SLICE) break;
      await setImmediate();
    }
  } finally {
    folder.closeSync();
  }
  sortOut();
  return names;
}

/** The next names of an open folder, at most `most`; fewer only at its end. */
export function readSlice(folder: Dir, most: number): string[] {
  const names: string[] = [];
  while (names.length < most) {
    const entry = folder.readSync();
    if (entry === null) break;
    names.push(entry.name);
  }
  return names;
}
