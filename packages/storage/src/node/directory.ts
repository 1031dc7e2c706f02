/**
 * Agents' folders as directories of one machine. Whatever is inside may have been written by the agent, and
 * this process may be root: no path below an agent's folder is ever used by name, only by descriptor.
 */
import { closeSync, fchownSync, lstatSync, mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentFolders, ReadRefusal } from '@tinyfat/core';
import { agentFolderName, agentSubfolders, splitPath } from '../names.ts';
import type { FolderTrees } from '../trees.ts';
import { listFolder } from './list-folder.ts';
import { descriptorPath, type GiveToOwner, isMissing, openRoot, withFolder } from './open-below.ts';
import { openStream, readFile, readPart } from './read-below.ts';
import { removeTree } from './remove-tree.ts';
import { replaceFile } from './replace-file.ts';
import { setAside } from './set-aside.ts';
import { sync, syncFolder } from './sync.ts';
import { readTree } from './tree/read-tree.ts';
import { writeTree } from './tree/write-tree.ts';

interface DirectoryOptions {
  /** The folder `agents/`; made when missing, only we can enter it. */
  folder: string;
  /** Owner of the files inside the sandbox; null = the user that we run as. */
  owner: { uid: number; gid: number } | null;
}

/** Agents' folders that a sandbox of this machine can be given, and that can be copied whole. */
export interface DirectoryFolders extends AgentFolders, FolderTrees {
  /** The folder's path, to be shown as `/data`. Rejects where there is none. */
  pathOf(agentId: string): Promise<string>;
}

/** The `AgentFolders` port over local directories. Ids must be plain names; anything else throws. */
export function directoryFolders(options: DirectoryOptions): DirectoryFolders {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const own: GiveToOwner = (fd) => {
    if (options.owner) fchownSync(fd, options.owner.uid, options.owner.gid);
  };

  const folderOf = (agentId: string) => join(options.folder, agentFolderName(agentId));

  const inFolder = async <T>(
    agentId: string,
    path: string,
    make: boolean,
    use: (fd: number, name: string) => T | Promise<T>,
  ): Promise<T | null> => {
    const parts = splitPath(path);
    const name = parts?.at(-1);
    if (!parts || name === undefined)
      throw new Error(`not a path below an agent's folder: ${JSON.stringify(path)}`);
    const root = openRoot(folderOf(agentId));
    try {
      return await withFolder(root, parts.slice(0, -1), make ? own : null, (fd) => use(fd, name));
    } finally {
      closeSync(root);
    }
  };

  const reading = async <T>(
    agentId: string,
    path: string,
    use: (fd: number, name: string) => T | Promise<T>,
  ): Promise<T | ReadRefusal> => {
    if (!splitPath(path))
      return { ok: false, reason: 'bad_path', detail: `${path} does not stay below /data` };
    const outcome = await inFolder(agentId, path, false, use);
    return (
      outcome ?? { ok: false, reason: 'missing', detail: `${path} does not exist, or lies behind a link` }
    );
  };

  return {
    async create(agentId, files) {
      const folder = folderOf(agentId);
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const root = openRoot(folder);
      try {
        own(root);
        for (const path of agentSubfolders) await withFolder(root, path.split('/'), own, () => null);
        for (const [name, text] of Object.entries(files)) {
          const there = lstatSync(descriptorPath(root, name), { throwIfNoEntry: false });
          if (!there) await replaceFile(root, name, text, own);
        }
        await sync(root);
      } finally {
        closeSync(root);
      }
      await syncFolder(options.folder);
    },

    async remove(agentId) {
      await rm(folderOf(agentId), { recursive: true, force: true });
      await syncFolder(options.folder);
    },

    async list(agentId, folder, limit, names) {
      const parts = folder === '' ? [] : splitPath(folder);
      if (!parts) throw new Error(`not a path below an agent's folder: ${JSON.stringify(folder)}`);
      const root = openRoot(folderOf(agentId));
      try {
        return (await withFolder(root, parts, null, (fd) => listFolder(fd, limit, names))) ?? [];
      } finally {
        closeSync(root);
      }
    },

    read: (agentId, path, maxBytes) => reading(agentId, path, (fd, name) => readFile(fd, name, maxBytes)),

    stream: (agentId, path, maxBytes) => reading(agentId, path, (fd, name) => openStream(fd, name, maxBytes)),

    readFrom: (agentId, path, offset, maxBytes) =>
      reading(agentId, path, (fd, name) => readPart(fd, name, offset, maxBytes)),

    async write(agentId, path, bytes, mode) {
      const done = await inFolder(agentId, path, true, async (fd, name) => {
        await replaceFile(fd, name, bytes, own, mode?.executable);
        return true;
      });
      if (!done) throw new Error(`${path}: something on the way is no folder`);
    },

    async move(agentId, from, to) {
      const done = await inFolder(agentId, from, false, (fromFd, fromName) =>
        inFolder(agentId, to, true, async (toFd, toName) => {
          renameSync(descriptorPath(fromFd, fromName), descriptorPath(toFd, toName));
          await sync(toFd);
          await sync(fromFd);
          return true;
        }),
      );
      if (!done) throw new Error(`${from} → ${to}: something on the way is no folder`);
    },

    async setAside(agentId, folder, to, names) {
      const done = await inFolder(agentId, folder, false, (fd, name) =>
        inFolder(agentId, to, true, async (toFd, toName) => {
          await setAside({ fd, name }, { fd: toFd, name: toName }, names, own);
          return true;
        }),
      );
      if (!done) throw new Error(`${folder} → ${to}: something on the way is no folder`);
    },

    async unlink(agentId, path) {
      await inFolder(agentId, path, false, async (fd, name) => {
        try {
          unlinkSync(descriptorPath(fd, name));
          await sync(fd);
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      });
    },

    async removeFolder(agentId, path) {
      return (await inFolder(agentId, path, false, (fd, name) => removeTree(fd, name))) ?? true;
    },

    async *readTree(agentId) {
      const folder = folderOf(agentId);
      if (lstatSync(folder, { throwIfNoEntry: false })) yield* readTree(folder);
    },

    writeTree: (agentId) => writeTree(folderOf(agentId), options.owner, own),

    async pathOf(agentId) {
      const path = folderOf(agentId);
      if (!lstatSync(path).isDirectory()) throw new Error(`${path} is no folder`);
      return path;
    },
  };
}
