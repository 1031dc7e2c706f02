/**
 * Makes a folder anew from entries that a stranger may have written: out of an archive. Nothing is followed and nothing
 * replaced: each name is checked, each level is entered below the descriptor of the one above with O_NOFOLLOW, and each
 * file is made with O_EXCL, so that no entry reaches outside, also through links that came before it.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  lchownSync,
  mkdirSync,
  openSync,
  symlinkSync,
  write,
} from 'node:fs';
import { promisify } from 'node:util';
import { splitTreePath } from '../../names.ts';
import type { Planted, TreeWriter } from '../../trees.ts';
import { descriptorPath, folderFlags, type GiveToOwner, withFolder } from '../open-below.ts';
import { sync } from '../sync.ts';

const writeFrom = promisify(write);
const MAX_LINK_BYTES = 4095;

/** Writes below `folder`, which is made where it is missing and belongs to the owner of agents' files then. */
export function writeTree(
  folder: string,
  owner: { uid: number; gid: number } | null,
  own: GiveToOwner,
): TreeWriter {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const root = openSync(folder, folderFlags);
  own(root);

  const at = async (path: string, make: (fd: number, name: string) => Promise<void>): Promise<Planted> => {
    const parts = splitTreePath(path);
    const name = parts?.at(-1);
    if (!parts || name === undefined) return { ok: false, reason: 'is no path below the folder' };
    try {
      const done = await withFolder(root, parts.slice(0, -1), own, async (fd) => {
        await make(fd, name);
        return true;
      });
      return done === null ? { ok: false, reason: 'lies behind something that is no folder' } : { ok: true };
    } catch (error) {
      if (isTaken(error)) return { ok: false, reason: 'is there twice' };
      throw error;
    }
  };

  return {
    folder: (path) =>
      at(path, async (fd, name) => {
        mkdirSync(descriptorPath(fd, name), { mode: 0o755 });
        const made = openSync(descriptorPath(fd, name), folderFlags);
        try {
          own(made);
        } finally {
          closeSync(made);
        }
      }),
    async file(path, bytes, { executable, modifiedAt }) {
      const planted = await at(path, async (fd, name) => {
        const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
        const file = openSync(descriptorPath(fd, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        try {
          for await (const piece of bytes) await writeAll(file, piece);
          own(file);
          fchmodSync(file, executable ? 0o755 : 0o644);
          futimesSync(file, modifiedAt / 1000, modifiedAt / 1000);
          await sync(file);
        } finally {
          closeSync(file);
        }
      });
      if (!planted.ok) for await (const _ of bytes);
      return planted;
    },
    link: (path, target) =>
      Buffer.byteLength(target) > MAX_LINK_BYTES || target.includes('\0') || target === ''
        ? Promise.resolve({ ok: false, reason: 'is a link to no name' })
        : at(path, async (fd, name) => {
            symlinkSync(target, descriptorPath(fd, name));
            if (owner !== null) lchownSync(descriptorPath(fd, name), owner.uid, owner.gid);
          }),
    close: () => closeSync(root),
  };
}

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await writeFrom(fd, bytes, written)).bytesWritten;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
