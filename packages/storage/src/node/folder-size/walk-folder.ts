/**
 * Walks an agent's folder for what it holds, and makes what was changed durable. Everything in it may be the agent's doing,
 * and the agent may be at work: no link is followed, only regular files and folders are opened, and the walk is bounded in
 * entries, bytes and depth.
 */
import { type BigIntStats, chmodSync, closeSync, lstatSync, opendirSync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { errorCode } from '@tinyfat/core';
import { readSlice } from '../list-folder.ts';
import { descriptorPath, fileFlags, folderFlags, openRoot, pathFlags } from '../open-below.ts';
import { sync } from '../sync.ts';

/** Each level holds a descriptor. */
const MOST_LEVELS = 200;
/** What an entry takes at least: an inode and its name, however empty it is. */
const LEAST_ENTRY_BYTES = 4096;
/** Entries that are looked at before other walks get their turn. */
const SLICE = 200;
const BLOCK_BYTES = 512n;
const OWNER_ENTERS = 0o500n;

export interface WalkBounds {
  /** The walk ends where there is more than this. */
  mostBytes: number;
  mostEntries: number;
}

export interface WalkedFolder {
  /** On disk, as du(1) counts: blocks, each file once; at least `LEAST_ENTRY_BYTES` for an entry. */
  bytes: number;
  /** False where the walk ended before the folder did: `bytes` is less than what is there. */
  whole: boolean;
  /** It ended because nobody can say how much there is: folders more than `MOST_LEVELS` deep, or one that can't be read. */
  uncountable: boolean;
}

/**
 * Gives what there is behind a path. `sync`: what was changed since then (epoch ms) is durable afterwards where all of it
 * was seen and is not more than so many files and folders; `durable` says so.
 */
export async function walkFolder(
  path: string,
  bounds: WalkBounds,
  changed: { since: number; most: number } | null,
  isCancelled: () => boolean = () => false,
): Promise<WalkedFolder & { durable: boolean }> {
  const walk: Walk = {
    bounds,
    changed: changed === null ? null : { since: BigInt(Math.floor(changed.since)), left: changed.most },
    bytes: 0,
    entries: 0,
    shared: new Set(),
    over: false,
    uncountable: false,
    durable: changed !== null,
    isCancelled,
  };
  const root = openRoot(path);
  try {
    await walkLevel(walk, root, 1);
    // Its own names, last: what is in them is on disk by then.
    if (walk.changed !== null && walk.durable) await sync(root);
  } finally {
    closeSync(root);
  }
  const { bytes, over, uncountable, durable } = walk;
  return { bytes, whole: !over, uncountable, durable: durable && !over };
}

interface Walk {
  bounds: WalkBounds;
  changed: { since: bigint; left: number } | null;
  bytes: number;
  entries: number;
  /** Inodes with several names that were counted. */
  shared: Set<bigint>;
  over: boolean;
  uncountable: boolean;
  durable: boolean;
  isCancelled(): boolean;
}

async function walkLevel(walk: Walk, folder: number, level: number): Promise<void> {
  const names = opendirSync(descriptorPath(folder), { bufferSize: SLICE });
  try {
    for (let slice = readSlice(names, SLICE); slice.length > 0; slice = readSlice(names, SLICE)) {
      for (const name of slice) {
        await walkEntry(walk, folder, name, level);
        if (walk.over) return;
      }
    }
  } finally {
    names.closeSync();
  }
}

async function walkEntry(walk: Walk, folder: number, name: string, level: number): Promise<void> {
  walk.entries += 1;
  if (walk.entries % SLICE === 0) {
    await setImmediate();
    if (walk.isCancelled()) walk.over = true;
  }
  const path = descriptorPath(folder, name);
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  // Gone meanwhile; or its name is not UTF-8, and Node can't say it: it counts as an entry, and is not durable by this.
  if (stats === undefined) {
    walk.bytes += LEAST_ENTRY_BYTES;
    walk.durable = false;
  } else {
    walk.bytes += sizeOf(walk, stats);
    if (stats.isDirectory()) await enter(walk, path, stats, level);
    else if (stats.isFile()) await makeDurable(walk, path, stats);
  }
  if (walk.bytes > walk.bounds.mostBytes || walk.entries > walk.bounds.mostEntries) walk.over = true;
}

async function enter(walk: Walk, path: string, stats: BigIntStats, level: number): Promise<void> {
  if (level === MOST_LEVELS) return giveUp(walk);
  letOwnerIn(path, stats);
  const folder = openUnlessChanged(path, folderFlags);
  if (folder === null) {
    walk.durable = false;
    // It is there, and may hold anything.
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (now?.isDirectory()) giveUp(walk);
    return;
  }
  try {
    await walkLevel(walk, folder, level + 1);
    if (isChanged(walk, stats)) await countedSync(walk, folder);
  } finally {
    closeSync(folder);
  }
}

function giveUp(walk: Walk): void {
  walk.uncountable = true;
  walk.over = true;
}

/** An agent may take rights away from its own user, who is the server's user too: then it could hide what it stores. */
function letOwnerIn(path: string, { mode, uid }: BigIntStats): void {
  if ((mode & OWNER_ENTERS) === OWNER_ENTERS || uid !== BigInt(process.getuid?.() ?? -1)) return;
  const folder = openUnlessChanged(path, pathFlags);
  if (folder === null) return;
  try {
    chmodSync(descriptorPath(folder), Number((mode & 0o7777n) | OWNER_ENTERS));
  } finally {
    closeSync(folder);
  }
}

async function makeDurable(walk: Walk, path: string, stats: BigIntStats): Promise<void> {
  if (!isChanged(walk, stats)) return;
  const file = openUnlessChanged(path, fileFlags);
  if (file === null) {
    walk.durable = false;
    return;
  }
  try {
    await countedSync(walk, file);
  } finally {
    closeSync(file);
  }
}

async function countedSync(walk: Walk, descriptor: number): Promise<void> {
  if (walk.changed === null) return;
  walk.changed.left -= 1;
  if (walk.changed.left < 0) walk.durable = false;
  else await sync(descriptor);
}

/** By the time of the last change of the inode, which no program can set. Nothing is asked for once it is too much. */
function isChanged({ changed, durable }: Walk, { ctimeMs }: BigIntStats): boolean {
  return changed !== null && durable && ctimeMs >= changed.since;
}

function sizeOf(walk: Walk, { blocks, nlink, ino, ...stats }: BigIntStats): number {
  if (nlink > 1n && !isFolder(stats.mode)) {
    if (walk.shared.has(ino)) return LEAST_ENTRY_BYTES;
    walk.shared.add(ino);
  }
  return Math.max(Number(blocks * BLOCK_BYTES), LEAST_ENTRY_BYTES);
}

function isFolder(mode: bigint): boolean {
  return (mode & 0o170000n) === 0o040000n;
}

/** Null where it is not what it was, or may not be read. */
function openUnlessChanged(path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENXIO', 'ETXTBSY'].includes(errorCode(error))) return null;
    throw error;
  }
}
