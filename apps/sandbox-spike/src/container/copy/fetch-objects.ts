/** Objects of a folder in the order of their keys, several fetched ahead of the one that is needed, few bytes of them held. */
import type { Bucket } from '@tinyfat/storage';
import {
  discard,
  FolderTooLarge,
  inPieces,
  type ListedObject,
  type OpenedObject,
  pathBelow,
  readAll,
  type Stored,
  storedOf,
} from '@tinyfat/storage/copy';
import { copyFault, type Deadline } from './run-program.ts';

/** A Worker has six connections at once. */
const AT_ONCE = 6;
/** Larger ones are fetched when it is their turn, and passed on in pieces. */
const AHEAD_BYTES = 1024 * 1024;

/** An object with its path below the prefix. */
export type Fetched = { path: string; stored: Stored; modifiedAt: number } & (
  | { kind: 'folder' }
  | { kind: 'link'; target: string }
  | { kind: 'file'; size: number; content: Uint8Array | AsyncIterable<Uint8Array> }
);

interface Fetching {
  bucket: Bucket;
  prefix: string;
  /** In the order of the keys' bytes. */
  listed: readonly ListedObject[];
  /** Of all together. */
  mostBytes: number;
  deadline: Deadline;
}

/**
 * What is there of the listed objects; those whose key is no path are left out. The content of one must be read before the
 * next is asked for. Throws `FolderTooLarge`, or as the bucket does.
 */
export async function* objectsInOrder(fetching: Fetching): AsyncGenerator<Fetched> {
  const { prefix, listed, deadline } = fetching;
  const budget = { left: fetching.mostBytes };
  const ahead: { object: ListedObject; path: string; fetched: Promise<Fetched | 'large' | null> }[] = [];
  const next = async function* () {
    const first = ahead.shift();
    if (!first) return;
    const fetched = await deadline.race(first.fetched);
    const whole = fetched === 'large' ? await fetchLarge(fetching, first.object.key, first.path) : fetched;
    if (whole?.kind === 'file') budget.left -= whole.size;
    if (budget.left < 0) throw new FolderTooLarge(`It holds more than ${fetching.mostBytes} bytes.`);
    if (whole !== null) yield whole;
  };
  for (const object of listed) {
    const named = pathBelow(prefix, object.key);
    if (named === null) continue;
    deadline.check();
    const fetched = named.isFolder
      ? Promise.resolve(folderOf(named.path, object))
      : fetchAhead(fetching, object, named.path);
    // It is awaited when it is its turn.
    fetched.catch(() => undefined);
    ahead.push({ object, path: named.path, fetched });
    if (ahead.length >= AT_ONCE) yield* next();
  }
  while (ahead.length > 0) yield* next();
}

function folderOf(path: string, { etag, modifiedAt }: ListedObject): Fetched {
  return { kind: 'folder', path, modifiedAt, stored: { etag, sha256: null, executable: false } };
}

/** The whole object; null where it has gone since it was listed. */
async function fetchAhead(
  { bucket }: Fetching,
  { key, size }: ListedObject,
  path: string,
): Promise<Fetched | 'large' | null> {
  if (size > AHEAD_BYTES) return 'large';
  const opened = await bucket.get(key);
  if (opened === null) return null;
  const link = await linkOf(path, opened);
  if (link !== null) return link;
  const content = opened.size > AHEAD_BYTES ? null : await readAll(opened.body, opened.size);
  // It has grown since it was listed.
  if (content === null) {
    await discard(opened.body);
    return 'large';
  }
  if (content.length < opened.size) throw copyFault('the answer of the storage broke off');
  return { kind: 'file', path, size: content.length, content, ...knownOf(opened) };
}

async function fetchLarge(
  { bucket, deadline }: Fetching,
  key: string,
  path: string,
): Promise<Fetched | null> {
  const opened = await deadline.race(bucket.get(key));
  if (opened === null) return null;
  const link = await linkOf(path, opened);
  if (link !== null) return link;
  const { size } = opened;
  return { kind: 'file', path, size, content: inPieces(opened.body, size), ...knownOf(opened) };
}

async function linkOf(path: string, opened: OpenedObject): Promise<Fetched | null> {
  const target = opened.meta.link;
  if (target === undefined) return null;
  await discard(opened.body);
  return { kind: 'link', path, target, ...knownOf(opened) };
}

function knownOf(opened: OpenedObject): { stored: Stored; modifiedAt: number } {
  return { stored: storedOf(opened), modifiedAt: opened.modifiedAt };
}
