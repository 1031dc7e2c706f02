/** What a turn changed in its copy, and what it removed of what was copied in. */
import { setImmediate } from 'node:timers/promises';
import { type CopyBounds, whyNoLink } from '../../copy/bounds.ts';
import type { Notes } from '../../copy/notes.ts';
import { withFolder } from '../open-below.ts';
import { type Copied, isSameState, stateOf } from './copied.ts';
import { type Found, look, walk } from './walk.ts';

/** Something to be sent. The path of a folder ends with a slash. */
export type Change = Exclude<Found, { kind: 'other' }>;

interface Copy {
  rootFd: number;
  copied: ReadonlyMap<string, Copied>;
  bounds: CopyBounds;
  notes: Notes;
}

const SLICE = 200;

/** Compares the copy with what was copied in, `first` before all else; within the bounds, and what is left out is noted. */
export async function changesOf(copy: Copy, first: string): Promise<{ changed: Change[]; gone: string[] }> {
  const { rootFd, copied, bounds, notes } = copy;
  const changed: Change[] = [];
  const there = new Set<string>();
  const budget = { bytes: bounds.bytes };
  let cut = false;
  const over = (path: string) => {
    if (!cut) notes.left(path, `and more: a folder may hold ${bounds.entries} files`);
    cut = true;
  };
  const take = (found: Found) => {
    const path = found.kind === 'folder' ? `${found.path}/` : found.path;
    if (there.has(path)) return;
    there.add(path);
    const change = changeOf(copy, { ...found, path }, budget);
    if (change) changed.push(change);
  };
  const found = await lookAt(rootFd, first);
  if (found?.kind === 'file') take(found);
  for await (const found of walk(rootFd, bounds.entries, over)) take(found);
  const gone: string[] = [];
  let looked = 0;
  for (const path of copied.keys()) {
    if (there.has(path)) continue;
    if (cut && (await isThere(rootFd, path))) continue;
    gone.push(path);
    looked += 1;
    if (looked % SLICE === 0) await setImmediate();
  }
  return { changed, gone };
}

function changeOf({ copied, bounds, notes }: Copy, found: Found, budget: { bytes: number }): Change | null {
  const known = copied.get(found.path);
  switch (found.kind) {
    case 'other':
      notes.left(found.path, found.reason);
      return null;
    case 'folder':
      return found.isEmpty && !known ? found : null;
    case 'link': {
      if (isSameState(known?.state ?? null, stateOf(found.stats))) return null;
      const why = whyNoLink(found.target);
      if (why === null) return found;
      notes.left(found.path, why);
      return null;
    }
    case 'file': {
      const size = Number(found.stats.size);
      budget.bytes -= size;
      if (isSameState(known?.state ?? null, stateOf(found.stats))) return null;
      if (size > bounds.fileBytes)
        notes.left(found.path, `has ${size} bytes; at most ${bounds.fileBytes} are stored`);
      else if (budget.bytes < 0) notes.left(found.path, `goes beyond the ${bounds.bytes} bytes of a folder`);
      else return found;
      return null;
    }
  }
}

/** Whether what was copied in is still there, of the same kind. */
async function isThere(rootFd: number, path: string): Promise<boolean> {
  const found = await lookAt(rootFd, path.replace(/\/$/, ''));
  return found !== null && (found.kind === 'folder') === path.endsWith('/');
}

async function lookAt(rootFd: number, path: string): Promise<Found | null> {
  const parts = path.split('/');
  return await withFolder(rootFd, parts.slice(0, -1), null, (fd) => look(fd, parts.at(-1) ?? '', path));
}
