/**
 * Looks through a folder that an untrusted process has filled: a bounded number of entries, in slices that let others run,
 * by descriptors and through no link. Nothing may be changing it meanwhile.
 */
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { errorCode } from '@tinyfat/core';
import { readSlice } from '../list-folder.ts';
import { descriptorPath, folderFlags, isMissing } from '../open-below.ts';

const SLICE = 200;
const MAX_DEPTH = 16;
/** Looked at first, each at most a quarter of all, so that what is too much of one thing takes no place from the others. */
const FIRST = ['MEMORY.md', 'config.json', 'sessions', 'outbox', 'events', 'skills'];
const SHARE = 4;

/** One thing that was found; paths are relative. */
export type Found = { path: string } & (
  | { kind: 'file'; stats: BigIntStats }
  /** `isEmpty`: nothing is in it. */
  | { kind: 'folder'; isEmpty: boolean }
  /** Where it leads, as it says. */
  | { kind: 'link'; target: string; stats: BigIntStats }
  /** None of these; `reason` says why it is not copied. */
  | { kind: 'other'; reason: string }
);

/** Walks all below the folder behind a descriptor, at most `most` entries; then `more` is called with one it left out. */
export async function* walk(
  rootFd: number,
  most: number,
  more: (path: string) => void,
): AsyncGenerator<Found> {
  const budget = { most, left: most, more };
  yield* walkFolder(rootFd, '', budget, 0);
}

interface Budget {
  most: number;
  left: number;
  more(path: string): void;
}

async function* walkFolder(fd: number, above: string, budget: Budget, depth: number): AsyncGenerator<Found> {
  for await (const names of slices(fd, depth === 0)) {
    for (const name of names) {
      const path = `${above}${name}`;
      if (budget.left-- <= 0) return budget.more(path);
      const found = look(fd, name, path);
      if (found === null) continue;
      if (found.kind !== 'folder') {
        yield found;
        continue;
      }
      if (depth + 1 === MAX_DEPTH) {
        yield { path, kind: 'other', reason: `lies deeper than ${MAX_DEPTH} folders` };
        continue;
      }
      const inside = openOwn(descriptorPath(fd, name), folderFlags);
      const isShared = depth === 0 && FIRST.includes(name);
      const share = isShared ? { ...budget, left: Math.min(budget.left, budget.most / SHARE) } : budget;
      const before = share.left;
      try {
        yield { ...found, isEmpty: isEmpty(inside) };
        yield* walkFolder(inside, `${path}/`, share, depth + 1);
      } finally {
        closeSync(inside);
      }
      if (isShared) budget.left -= before - Math.max(share.left, 0);
    }
    await setImmediate();
  }
}

/** The names in a folder; with `sorted`, the important ones of an agent's folder first. */
async function* slices(fd: number, sorted: boolean): AsyncGenerator<string[]> {
  const folder = opendirSync(descriptorPath(fd), { bufferSize: SLICE });
  try {
    if (sorted) yield FIRST;
    for (let names = readSlice(folder, SLICE); names.length > 0; names = readSlice(folder, SLICE)) {
      yield sorted ? names.filter((name) => !FIRST.includes(name)) : names;
    }
  } finally {
    folder.closeSync();
  }
}

function isEmpty(fd: number): boolean {
  const folder = opendirSync(descriptorPath(fd), { bufferSize: 1 });
  try {
    return folder.readSync() === null;
  } finally {
    folder.closeSync();
  }
}

/** What an entry is; null where there is none. */
export function look(fd: number, name: string, path: string): Found | null {
  const at = descriptorPath(fd, name);
  try {
    const stats = lstatSync(at, { bigint: true });
    if (stats.isFile()) return { path, stats, kind: 'file' };
    if (stats.isDirectory()) return { path, kind: 'folder', isEmpty: false };
    if (stats.isSymbolicLink()) return { path, stats, kind: 'link', target: readlinkSync(at) };
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A name that is not UTF-8 is shown with this in it, and can't be used; but something is there.
    return name.includes('\ufffd') ? { path, kind: 'other', reason: 'has a name that is not UTF-8' } : null;
  }
  return { path, kind: 'other', reason: 'is no file, no folder and no link' };
}

/** Opens a folder or file that was just seen, also where it takes its own user the right to. */
export function openOwn(path: string, flags: number): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    chmodSync(path, 0o700);
    return openSync(path, flags);
  }
}
