/**
 * Reads a whole folder that an untrusted process filled, and may be changing meanwhile, in the order of the disk. No
 * link is followed: each level is entered below the descriptor of the one above with O_NOFOLLOW, a link is given as what
 * it says, and a file is read through the descriptor that was checked. Memory does not grow with the folder.
 */
import { closeSync, lstatSync, opendirSync, openSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { errorCode } from '@tinyfat/core';
import type { TreeEntry } from '../../trees.ts';
import { readSlice } from '../list-folder.ts';
import { descriptorPath, folderFlags, openAnyFile } from '../open-below.ts';
import { streamFile } from '../stream-file.ts';

/** Folders in folders; each holds a descriptor. */
export const MAX_TREE_DEPTH = 64;
/** Names that are looked at before others get their turn. */
const SLICE = 200;
const OWNER_MAY_RUN = 0o100;

/** All entries below the folder, each folder before what is in it. Throws where `folder` is none. */
export async function* readTree(folder: string): AsyncGenerator<TreeEntry> {
  const root = openSync(folder, folderFlags);
  try {
    yield* below(root, '', 1);
  } finally {
    closeSync(root);
  }
}

async function* below(fd: number, prefix: string, depth: number): AsyncGenerator<TreeEntry> {
  const opened = opendirSync(descriptorPath(fd), { bufferSize: SLICE });
  try {
    for (let names = readSlice(opened, SLICE); names.length > 0; names = readSlice(opened, SLICE)) {
      for (const name of names) yield* entriesOf(fd, name, `${prefix}${name}`, depth);
      await setImmediate();
    }
  } finally {
    opened.closeSync();
  }
}

async function* entriesOf(
  parent: number,
  name: string,
  path: string,
  depth: number,
): AsyncGenerator<TreeEntry> {
  if (name.includes('\ufffd')) return yield { kind: 'left_out', path, why: 'its name is no UTF-8' };
  const found = entryOf(parent, name, path);
  if (found === null) return;
  if (found.kind !== 'folder') return yield found.entry;
  try {
    yield { kind: 'folder', path, modifiedAt: found.modifiedAt };
    if (depth < MAX_TREE_DEPTH) yield* below(found.fd, `${path}/`, depth + 1);
    else yield { kind: 'left_out', path: `${path}/`, why: 'it lies too deep' };
  } finally {
    closeSync(found.fd);
  }
}

type Found = { kind: 'entry'; entry: TreeEntry } | { kind: 'folder'; fd: number; modifiedAt: number };

/** Null where it has gone meanwhile. */
function entryOf(parent: number, name: string, path: string): Found | null {
  const place = descriptorPath(parent, name);
  try {
    const stats = lstatSync(place);
    const modifiedAt = Math.round(stats.mtimeMs);
    if (stats.isDirectory()) return { kind: 'folder', fd: openSync(place, folderFlags), modifiedAt };
    if (stats.isSymbolicLink()) {
      const target = readlinkSync(place);
      if (target.includes('\ufffd')) return leftOut(path, 'it is a link to a name that is no UTF-8');
      return { kind: 'entry', entry: { kind: 'link', path, modifiedAt, target } };
    }
    if (!stats.isFile()) return leftOut(path, 'it is a device, pipe or socket');
  } catch (error) {
    const code = errorCode(error);
    // Gone, or something else by now.
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR' || code === 'EINVAL') return null;
    throw error;
  }
  const opened = openAnyFile(parent, name);
  if (!opened.ok) return opened.reason === 'missing' ? null : leftOut(path, opened.detail);
  const { mtimeMs, mode, nlink, size } = opened.stats;
  const entry = {
    kind: 'file' as const,
    path,
    modifiedAt: Number(mtimeMs),
    executable: (Number(mode) & OWNER_MAY_RUN) !== 0,
    ...(nlink > 1n ? { linked: true as const } : {}),
    ...streamFile(opened.fd, Number(size)),
  };
  return { kind: 'entry', entry };
}

function leftOut(path: string, why: string): Found {
  return { kind: 'entry', entry: { kind: 'left_out', path, why } };
}
