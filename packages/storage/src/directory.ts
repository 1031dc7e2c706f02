/**
 * Agents' folders as directories of one machine. Whatever is inside may have been written by the agent, and
 * this process may be root: no path below an agent's folder is ever used by name, only by descriptor.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { AgentFolders, FolderEntry, ReadOutcome, ReadRefusal, StreamOutcome } from '@tinyfat/core';
import {
  descriptorPath,
  type GiveToOwner,
  isMissing,
  openFile,
  openRoot,
  splitPath,
  withFolder,
} from './open-below.ts';
import { removeTree } from './remove-tree.ts';
import { streamFile } from './stream-file.ts';

/** Sub-folders that every agent has (DESIGN section 5). */
export const agentSubfolders = [
  'skills',
  'sessions',
  'outbox/email',
  'outbox/sent',
  'outbox/failed',
  'events',
] as const;

/** A folder with more entries than this was filled on purpose; the rest is not looked at. */
const MAX_LISTED = 10_000;

export interface DirectoryOptions {
  /** The folder `agents/`; made when missing, only we can enter it. */
  folder: string;
  /** Owner of the files inside the sandbox; null = the user that we run as. */
  owner: { uid: number; gid: number } | null;
}

/** The `AgentFolders` port over local directories. Ids must be plain names; anything else throws. */
export function directoryFolders(options: DirectoryOptions): AgentFolders {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const own: GiveToOwner = (fd) => {
    if (options.owner) fchownSync(fd, options.owner.uid, options.owner.gid);
  };

  const folderOf = (agentId: string) => {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(agentId))
      throw new Error(`not an agent id: ${JSON.stringify(agentId)}`);
    return join(options.folder, agentId);
  };

  const inFolder = <T>(
    agentId: string,
    path: string,
    make: boolean,
    use: (fd: number, name: string) => T,
  ): T | null => {
    const parts = splitPath(path);
    const name = parts?.at(-1);
    if (!parts || name === undefined)
      throw new Error(`not a path below an agent's folder: ${JSON.stringify(path)}`);
    const root = openRoot(folderOf(agentId));
    try {
      return withFolder(root, parts.slice(0, -1), make ? own : null, (fd) => use(fd, name));
    } finally {
      closeSync(root);
    }
  };

  return {
    async create(agentId, files) {
      const folder = folderOf(agentId);
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const root = openRoot(folder);
      try {
        own(root);
        for (const path of agentSubfolders) withFolder(root, path.split('/'), own, () => null);
        const existing = new Set(readdirSync(descriptorPath(root)));
        for (const [name, text] of Object.entries(files)) {
          if (!existing.has(name)) replaceFile(root, name, text, own);
        }
        fsyncSync(root);
      } finally {
        closeSync(root);
      }
      syncFolder(options.folder);
    },

    async remove(agentId) {
      rmSync(folderOf(agentId), { recursive: true, force: true });
      syncFolder(options.folder);
    },

    async list(agentId, folder, limit) {
      const parts = folder === '' ? [] : splitPath(folder);
      if (!parts) throw new Error(`not a path below an agent's folder: ${JSON.stringify(folder)}`);
      const root = openRoot(folderOf(agentId));
      try {
        return withFolder(root, parts, null, (fd) => listFolder(fd, limit)) ?? [];
      } finally {
        closeSync(root);
      }
    },

    async read(agentId, path, maxBytes) {
      if (!splitPath(path))
        return { ok: false, reason: 'bad_path', detail: `${path} does not stay below /data` };
      const outcome = inFolder(agentId, path, false, (fd, name) => readFile(fd, name, maxBytes));
      return (
        outcome ?? { ok: false, reason: 'missing', detail: `${path} does not exist, or lies behind a link` }
      );
    },

    async stream(agentId, path, maxBytes) {
      if (!splitPath(path))
        return { ok: false, reason: 'bad_path', detail: `${path} does not stay below /data` };
      const outcome = inFolder(agentId, path, false, (fd, name) => openStream(fd, name, maxBytes));
      return (
        outcome ?? { ok: false, reason: 'missing', detail: `${path} does not exist, or lies behind a link` }
      );
    },

    async readFrom(agentId, path, offset, maxBytes) {
      if (!splitPath(path))
        return { ok: false, reason: 'bad_path', detail: `${path} does not stay below /data` };
      const outcome = inFolder(agentId, path, false, (fd, name) => readPart(fd, name, offset, maxBytes));
      return (
        outcome ?? { ok: false, reason: 'missing', detail: `${path} does not exist, or lies behind a link` }
      );
    },

    async write(agentId, path, bytes) {
      const done = inFolder(agentId, path, true, (fd, name) => {
        replaceFile(fd, name, bytes, own);
        return true;
      });
      if (!done) throw new Error(`${path}: something on the way is no folder`);
    },

    async move(agentId, from, to) {
      const done = inFolder(agentId, from, false, (fromFd, fromName) =>
        inFolder(agentId, to, true, (toFd, toName) => {
          renameSync(descriptorPath(fromFd, fromName), descriptorPath(toFd, toName));
          fsyncSync(toFd);
          fsyncSync(fromFd);
          return true;
        }),
      );
      if (!done) throw new Error(`${from} → ${to}: something on the way is no folder`);
    },

    async unlink(agentId, path) {
      inFolder(agentId, path, false, (fd, name) => {
        try {
          unlinkSync(descriptorPath(fd, name));
          fsyncSync(fd);
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      });
    },

    async removeFolder(agentId, path) {
      return inFolder(agentId, path, false, (fd, name) => removeTree(fd, name)) ?? true;
    },

    async attach(agentId) {
      const path = folderOf(agentId);
      if (!lstatSync(path).isDirectory()) throw new Error(`${path} is no folder`);
      return { path, detach: async () => {} };
    },
  };
}

function listFolder(fd: number, limit: number): FolderEntry[] {
  const names: string[] = [];
  const folder = opendirSync(descriptorPath(fd));
  try {
    for (let entry = folder.readSync(); entry && names.length < MAX_LISTED; entry = folder.readSync()) {
      names.push(entry.name);
    }
  } finally {
    folder.closeSync();
  }
  names.sort();
  const entries: FolderEntry[] = [];
  for (const name of names) {
    if (entries.length >= limit) break;
    try {
      const stats = lstatSync(descriptorPath(fd, name));
      const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
      entries.push({ name, kind, size: stats.size, modifiedAt: Math.round(stats.mtimeMs) });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return entries;
}

function tooLarge(name: string, size: bigint | string, maxBytes: number): ReadRefusal {
  return {
    ok: false,
    reason: 'too_large',
    detail: `${name} has ${size} bytes; at most ${maxBytes} are read`,
  };
}

function openStream(folderFd: number, name: string, maxBytes: number): StreamOutcome {
  const opened = openFile(folderFd, name);
  if (!opened.ok) return opened;
  const { fd, stats } = opened;
  if (stats.size <= BigInt(maxBytes)) return { ok: true, ...streamFile(fd, Number(stats.size)) };
  closeSync(fd);
  return tooLarge(name, stats.size, maxBytes);
}

function readFile(folderFd: number, name: string, maxBytes: number): ReadOutcome {
  const opened = openFile(folderFd, name);
  if (!opened.ok) return opened;
  try {
    if (opened.stats.size > BigInt(maxBytes)) return tooLarge(name, opened.stats.size, maxBytes);
    const buffer = Buffer.alloc(Number(opened.stats.size) + 1);
    let length = 0;
    for (;;) {
      const read = readSync(opened.fd, buffer, length, buffer.length - length, null);
      if (read === 0) return { ok: true, bytes: buffer.subarray(0, length) };
      length += read;
      if (length === buffer.length) return tooLarge(name, 'more and more', maxBytes);
    }
  } finally {
    closeSync(opened.fd);
  }
}

function readPart(folderFd: number, name: string, offset: number, maxBytes: number): ReadOutcome {
  const opened = openFile(folderFd, name);
  if (!opened.ok) return opened;
  try {
    const left = opened.stats.size > BigInt(offset) ? opened.stats.size - BigInt(offset) : 0n;
    const buffer = Buffer.alloc(left < BigInt(maxBytes) ? Number(left) : maxBytes);
    let length = 0;
    while (length < buffer.length) {
      const read = readSync(opened.fd, buffer, length, buffer.length - length, offset + length);
      if (read === 0) break;
      length += read;
    }
    return { ok: true, bytes: buffer.subarray(0, length) };
  } finally {
    closeSync(opened.fd);
  }
}

/** Writes under a fresh name (O_EXCL: a planted file or link is never opened), then renames over the target. */
function replaceFile(
  folderFd: number,
  name: string,
  bytes: Uint8Array | string,
  own: (fd: number) => void,
): void {
  const temporary = descriptorPath(folderFd, `.${randomUUID()}.part`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    try {
      const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      let written = 0;
      while (written < buffer.length) written += writeSync(fd, buffer, written);
      own(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, descriptorPath(folderFd, name));
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // Already renamed or never made; the first error is the one to tell.
    }
    throw error;
  }
  fsyncSync(folderFd);
}

function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
