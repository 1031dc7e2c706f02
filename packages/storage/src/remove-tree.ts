/**
 * Removes a folder that an untrusted process may be changing meanwhile. Each level is entered below the descriptor of
 * the one above with O_NOFOLLOW, so that no link leads elsewhere, whoever puts one where and when.
 */
import { closeSync, constants, fsyncSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { descriptorPath, errorCode } from './open-below.ts';

/** Each level holds a descriptor. */
const MAX_DEPTH = 64;
const MAX_ENTRIES = 20_000;

/** Removes the entry `name` of the folder; false when it is too deep or too full. A missing one is no error. */
export function removeTree(parent: number, name: string): boolean {
  const budget = { entries: MAX_ENTRIES };
  const done = remove(parent, name, MAX_DEPTH, budget);
  fsyncSync(parent);
  return done;
}

function remove(parent: number, name: string, depth: number, budget: { entries: number }): boolean {
  const path = descriptorPath(parent, name);
  budget.entries--;
  const folder = openFolder(path);
  if (folder === 'missing') return true;
  if (folder === 'no folder') return attempt(() => unlinkSync(path));
  try {
    if (depth === 0 || budget.entries < 0) return false;
    for (const entry of readdirSync(descriptorPath(folder))) {
      if (!remove(folder, entry, depth - 1, budget)) return false;
    }
  } finally {
    closeSync(folder);
  }
  return attempt(() => rmdirSync(path));
}

function openFolder(path: string): number | 'missing' | 'no folder' {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
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
