/**
 * Opens what an untrusted process may have written, without ever following a link: every component is opened
 * below the descriptor of its folder with O_NOFOLLOW, nothing is believed before fstat, and a file is reopened
 * through its own descriptor so that the inode checked is the inode read (Linux: open(2), proc(5)).
 */
import { type BigIntStats, closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs';
import { errorCode, type ReadRefusal } from '@tinyfat/core';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY, O_NOCTTY } = constants;
/** Not in node:fs; the values are the same on x86-64 and arm64 Linux. */
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

/** The path by which an open descriptor is reached again. */
export function descriptorPath(fd: number, name?: string): string {
  return name === undefined ? `/proc/self/fd/${fd}` : `/proc/self/fd/${fd}/${name}`;
}

/** Flags of open(2) for a folder; a link to one is refused. */
export const folderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/** Flags of open(2) for a folder that may not be read: to name it, and no more. */
export const pathFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/** Flags of open(2) for a regular file; a pipe in its place is not waited for. */
export const fileFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/** Opens the root of an agent's folder, which we made ourselves. */
export function openRoot(folder: string): number {
  return openSync(folder, folderFlags);
}

/** Gives a file or folder that was just made to its owner; takes its descriptor. */
export type GiveToOwner = (fd: number) => void;

/**
 * Runs `use` with a descriptor of a folder below the root; makes missing folders when `own` is given.
 * Gives null when the folder is missing, or something on the way is no real folder.
 */
export async function withFolder<T>(
  rootFd: number,
  parts: readonly string[],
  own: GiveToOwner | null,
  use: (fd: number) => T | Promise<T>,
): Promise<T | null> {
  let fd = rootFd;
  try {
    for (const part of parts) {
      const next = openFolder(fd, part, own);
      if (next === null) return null;
      if (fd !== rootFd) closeSync(fd);
      fd = next;
    }
    return await use(fd);
  } finally {
    if (fd !== rootFd) closeSync(fd);
  }
}

function openFolder(parent: number, name: string, own: GiveToOwner | null): number | null {
  const path = descriptorPath(parent, name);
  try {
    return openSync(path, folderFlags);
  } catch (error) {
    if (!isMissing(error)) return null;
  }
  if (own === null) return null;
  try {
    mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  const fd = openSync(path, folderFlags);
  own(fd);
  return fd;
}

/** A regular file, open for reading; the caller closes `fd`. */
type OpenedFile = { ok: true; fd: number; stats: BigIntStats } | ReadRefusal;

/** Opens a regular file with a single name in the folder of `folderFd`. */
export function openFile(folderFd: number, name: string): OpenedFile {
  const opened = openAnyFile(folderFd, name);
  if (!opened.ok || opened.stats.nlink === 1n) return opened;
  closeSync(opened.fd);
  return { ok: false, reason: 'hard_linked', detail: `${name} has a second name (hard link)` };
}

/** The same, also where the file has other names: for who copies a folder whole, with all names that are in it. */
export function openAnyFile(folderFd: number, name: string): OpenedFile {
  let handle: number;
  try {
    handle = openSync(descriptorPath(folderFd, name), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  } catch (error) {
    return isMissing(error)
      ? { ok: false, reason: 'missing', detail: `${name} does not exist` }
      : {
          ok: false,
          reason: 'not_a_file',
          detail: `${name} cannot be opened (${errorCode(error) || 'unknown'})`,
        };
  }
  try {
    const stats = fstatSync(handle, { bigint: true });
    if (!stats.isFile()) {
      const what = stats.isSymbolicLink() ? 'a link' : stats.isDirectory() ? 'a folder' : 'a device or pipe';
      return { ok: false, reason: 'not_a_file', detail: `${name} is ${what}; only regular files are read` };
    }
    const fd = openSync(descriptorPath(handle), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return { ok: true, fd, stats };
  } finally {
    closeSync(handle);
  }
}

/** True for ENOENT. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}
