/**
 * Removes a folder that an untrusted process may be changing meanwhile. Each level is entered below the descriptor of
 * the one above with O_NOFOLLOW, so that no link leads elsewhere, also one that is put there meanwhile.
 */
import { closeSync, opendirSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { errorCode } from '@tinyfat/core';
import { readSlice } from './list-folder.ts';
import { descriptorPath, folderFlags } from './open-below.ts';
import { sync } from './sync.ts';

/** Each level holds a descriptor. */
const MAX_DEPTH = 64;
const MAX_ENTRIES = 20_000;
/** Entries that are removed before others get their turn. */
const SLICE = 100;

/** Removes the entry `name` of the folder; false when it is too deep or too full. A missing one is no error. */
export async function removeTree(parent: number, name: string): Promise<boolean> {
  const budget = { entries: MAX_ENTRIES };
  const done = await remove(parent, name, MAX_DEPTH, budget);
  await sync(parent);
  return done;
}

async function remove(
  parent: number,
  name: string,
  depth: number,
  budget: { entries: number },
): Promise<boolean> {
  const path = descriptorPath(parent, name);
  budget.entries--;
  if (budget.entries % SLICE === 0) await setImmediate();
  const folder = openFolder(path);
  if (folder === 'missing') return true;
  if (folder === 'no folder') return attempt(() => unlinkSync(path));
  try {
    if (depth === 0 || budget.entries < 0) return false;
    for (let names = firstNames(folder); names.length > 0; names = firstNames(folder)) {
      for (const entry of names) {
        if (!(await remove(folder, entry, depth - 1, budget))) return false;
      }
    }
  } finally {
    closeSync(folder);
  }
  return attempt(() => rmdirSync(path));
}

/** A folder with a million names is never read whole: what is removed makes room for the next. */
function firstNames(folder: number): string[] {
  const opened = opendirSync(descriptorPath(folder));
  try {
    return readSlice(opened, SLICE);
  } finally {
    opened.closeSync();
  }
}

function openFolder(path: string): number | 'missing' | 'no folder' {
  try {
    return openSync(path, folderFlags);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return 'missing';
    if (code === 'ENOTDIR' || code === 'ELOOP') return 'no folder';
    throw error;
  }
}

/** False when somebody changed what is there in the meantime. */
function attempt(removal: () => void): boolean {
  try {
    removal();
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return true;
    if (code === 'ENOTEMPTY' || code === 'EISDIR' || code === 'ENOTDIR' || code === 'EPERM') return false;
    throw error;
  }
}
