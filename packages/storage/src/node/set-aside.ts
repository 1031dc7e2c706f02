/** Takes the content of a folder away by one rename, however much it is. */
import { closeSync, lstatSync, openSync, renameSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { descriptorPath, folderFlags, type GiveToOwner, isMissing, withFolder } from './open-below.ts';
import { sync } from './sync.ts';

/** So many files come back in the same moment: for nobody else is one of them ever gone. */
const SLICE = 1000;

/** A folder and the name of an entry in it. */
export interface Place {
  fd: number;
  name: string;
}

/**
 * Renames the folder `from` to `to`, makes it anew, and moves the entries of these names back. Where `to` exists, a
 * call before this one was cut off, and only what is left to do is done. Throws when it is no folder.
 */
export async function setAside(
  from: Place,
  to: Place,
  names: Iterable<string>,
  own: GiveToOwner,
): Promise<void> {
  if (!exists(descriptorPath(to.fd, to.name))) {
    closeSync(openSync(descriptorPath(from.fd, from.name), folderFlags));
    renameSync(descriptorPath(from.fd, from.name), descriptorPath(to.fd, to.name));
  }
  const aside = openSync(descriptorPath(to.fd, to.name), folderFlags);
  try {
    await withFolder(from.fd, [from.name], own, async (fresh) => {
      let moved = 0;
      for (const name of names) {
        const target = descriptorPath(fresh, name);
        if (!exists(target)) moveIfThere(descriptorPath(aside, name), target);
        moved += 1;
        if (moved % SLICE === 0) await setImmediate();
      }
      await sync(fresh);
    });
    await sync(aside);
  } finally {
    closeSync(aside);
  }
  await sync(to.fd);
  await sync(from.fd);
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
