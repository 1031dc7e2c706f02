/**
 * Copies an agent's folder from the bucket to a private folder of this machine. What lies in the bucket may have been made by
 * the agent: keys are checked, every folder is entered by descriptor, no link is followed, and links are made last.
 */
import {
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  lchownSync,
  lstatSync,
  openSync,
  symlinkSync,
  write,
} from 'node:fs';
import { promisify } from 'node:util';
import { errorCode } from '@tinyfat/core';
import { discard, inPieces } from '../../bucket/body.ts';
import type { Bucket, OpenedObject } from '../../bucket/bucket.ts';
import { inParallel } from '../../bucket/in-parallel.ts';
import { pathBelow } from '../../bucket/keys.ts';
import type { CopyBounds } from '../../copy/bounds.ts';
import { objectsOfTurn } from '../../copy/list-objects.ts';
import { storedOf } from '../../copy/stored.ts';
import { agentSubfolders } from '../../names.ts';
import { descriptorPath, type GiveToOwner, isMissing, withFolder } from '../open-below.ts';
import { type Copied, stateOf } from './copied.ts';

const writeTo = promisify(write);

interface CopyIn {
  bucket: Bucket;
  /** Of the agent, with a slash at its end. */
  prefix: string;
  /** The empty folder that it is copied to. */
  rootFd: number;
  owner: { uid: number; gid: number } | null;
  own: GiveToOwner;
  bounds: CopyBounds;
  sessionId: string;
  /** Throws when the copy takes too long. */
  inTime(): void;
}

/** Copies all; gives what was copied, by path. Throws `FolderTooLarge`, or as the bucket does. */
export async function copyIn(copy: CopyIn): Promise<Map<string, Copied>> {
  const { bucket, prefix } = copy;
  const listed = await objectsOfTurn(copy);
  for (const path of agentSubfolders) await withFolder(copy.rootFd, path.split('/'), copy.own, () => null);
  const copied = new Map<string, Copied>();
  const links: { path: string; target: string; copied: Copied }[] = [];
  await inParallel(listed, async (object) => {
    copy.inTime();
    const named = pathBelow(prefix, object.key);
    if (named === null) return;
    if (named.isFolder) {
      const made = await withFolder(copy.rootFd, named.path.split('/'), copy.own, () => true);
      if (made)
        copied.set(`${named.path}/`, { etag: object.etag, sha256: null, executable: false, state: null });
      return;
    }
    const opened = await bucket.get(object.key);
    // Removed since it was listed.
    if (opened === null) return;
    const known: Copied = { ...storedOf(opened), state: null };
    const link = opened.meta.link;
    if (link !== undefined) {
      await discard(opened.body);
      links.push({ path: named.path, target: link, copied: known });
      return;
    }
    const written = await inFolder(copy, named.path, (fd, name) =>
      writeFile(copy, { fd, name }, opened, known),
    );
    if (written) copied.set(named.path, written);
    else await discard(opened.body);
  });
  for (const link of links) {
    const made = await inFolder(copy, link.path, (fd, name) => makeLink(copy, { fd, name }, link.target));
    if (made) copied.set(link.path, { ...link.copied, state: made });
  }
  return copied;
}

/** Null where a file or a link is in the way of a folder. */
async function inFolder<T>(
  { rootFd, own }: CopyIn,
  path: string,
  use: (fd: number, name: string) => T | Promise<T>,
): Promise<T | null> {
  const parts = path.split('/');
  return await withFolder(rootFd, parts.slice(0, -1), own, (fd) => use(fd, parts.at(-1) ?? ''));
}

/** Null where something else has the name already. */
async function writeFile(
  { own, inTime }: CopyIn,
  place: { fd: number; name: string },
  opened: OpenedObject,
  known: Copied,
): Promise<Copied | null> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  let fd: number;
  try {
    const path = descriptorPath(place.fd, place.name);
    fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, known.executable ? 0o755 : 0o644);
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || isMissing(error)) return null;
    throw error;
  }
  try {
    for await (const piece of inPieces(opened.body, opened.size)) {
      inTime();
      for (let written = 0; written < piece.length; ) {
        written += (await writeTo(fd, piece, written)).bytesWritten;
      }
    }
    own(fd);
    futimesSync(fd, opened.modifiedAt / 1000, opened.modifiedAt / 1000);
    return { ...known, state: stateOf(fstatSync(fd, { bigint: true })) };
  } finally {
    closeSync(fd);
  }
}

function makeLink(
  { owner }: CopyIn,
  { fd, name }: { fd: number; name: string },
  target: string,
): Copied['state'] {
  const path = descriptorPath(fd, name);
  try {
    symlinkSync(decodeURIComponent(target), path);
  } catch {
    // A name that is taken, or a target that is none: the agent has what is there.
    return null;
  }
  if (owner) lchownSync(path, owner.uid, owner.gid);
  return stateOf(lstatSync(path, { bigint: true }));
}
