/** What a turn changed in its copy, and what it removed of what was copied in, by a manifest of the container. */
import { type CopyBounds, type Notes, whyNoLink } from '@tinyfat/storage/copy';
import type { Copied } from './copy-in.ts';
import type { Found } from './manifest.ts';

/** Something to be sent. The path of a folder ends with a slash. */
export type Change = { path: string } & (
  | { kind: 'file'; size: number; executable: boolean }
  | { kind: 'folder' }
  | { kind: 'link'; target: string }
);

/** What `changesOf` gives. */
export interface Changes {
  changed: Change[];
  /** Paths of what was copied in and is no longer there. */
  gone: string[];
  /** All was looked at; else nothing is known to be gone. */
  isWhole: boolean;
}

/** Each of them has at most a quarter of all entries, so that what is too much of one thing takes no place from the others. */
export const FIRST = ['MEMORY.md', 'config.json', 'sessions', 'outbox', 'events', 'skills'];
const SHARE = 4;
/** So many times the entries of a folder are looked at, to see what is still there of what was copied in. */
const LOOKED_AT = 10;

interface Comparison {
  copied: Copied;
  bounds: CopyBounds;
  notes: Notes;
}

/** Compares the folder with what was copied in; within the bounds, and what is left out is noted. */
export async function changesOf(
  { copied, bounds, notes }: Comparison,
  manifest: AsyncIterable<Found>,
): Promise<Changes> {
  const there = new Set<string>();
  const full = new Set<string>();
  const folders: string[] = [];
  const changed: Change[] = [];
  const counts = new Map<string, number>();
  const budget = { entries: bounds.entries, bytes: bounds.bytes, isCut: false };

  const isInBudget = (path: string): boolean => {
    const top = path.split('/')[0] ?? '';
    const count = (counts.get(top) ?? 0) + 1;
    if (FIRST.includes(top)) counts.set(top, count);
    if (budget.entries > 0 && count <= bounds.entries / SHARE) {
      budget.entries -= 1;
      return true;
    }
    if (!budget.isCut) notes.left(path, `and more: a folder may hold ${bounds.entries} files`);
    budget.isCut = true;
    return false;
  };

  let looked = 0;
  let isWhole = true;
  for await (const found of manifest) {
    looked += 1;
    if (looked > bounds.entries * LOOKED_AT) {
      isWhole = false;
      break;
    }
    if (found.path === null) {
      notes.left('', 'holds something whose name is not UTF-8: it is not stored');
      continue;
    }
    const path = found.kind === 'd' ? `${found.path}/` : found.path;
    if (there.has(path)) continue;
    const fits = isInBudget(found.path);
    if (!fits && !copied.has(path)) continue;
    there.add(path);
    full.add(path.slice(0, path.replace(/\/$/, '').lastIndexOf('/') + 1));
    if (!fits) continue;
    if (found.kind === 'd') folders.push(path);
    else {
      const change = changeOf({ copied, bounds, notes }, { ...found, path }, budget);
      if (change) changed.push(change);
    }
  }
  for (const path of folders) {
    if (!full.has(path) && !copied.has(path)) changed.push({ kind: 'folder', path });
  }
  const gone = isWhole ? [...copied.keys()].filter((path) => !there.has(path)) : [];
  return { changed, gone, isWhole };
}

function changeOf(
  { copied, bounds, notes }: Comparison,
  { path, kind, state, size, mode, target }: Found & { path: string },
  budget: { bytes: number },
): Change | null {
  const isUntouched = copied.get(path)?.state === state;
  const left = (why: string) => {
    notes.left(path, why);
    return null;
  };
  if (kind === 'l') {
    if (isUntouched) return null;
    const why = target === null ? 'is a link to a name that is not UTF-8' : whyNoLink(target);
    return target === null || why !== null ? left(why ?? '') : { kind: 'link', path, target };
  }
  if (kind !== 'f') return left('is no file, no folder and no link');
  budget.bytes -= size;
  if (isUntouched) return null;
  if (size > bounds.fileBytes) return left(`has ${size} bytes; at most ${bounds.fileBytes} are stored`);
  if (budget.bytes < 0) return left(`goes beyond the ${bounds.bytes} bytes of a folder`);
  return { kind: 'file', path, size, executable: (mode & 0o100) !== 0 };
}
