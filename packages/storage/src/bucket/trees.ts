/** Agents' folders in a bucket as a whole. Nothing is replaced: what an archive brings must not be there yet. */
import { byteList } from '@tinyfat/core';
import type { FolderTrees, Planted, TreeEntry, TreeWriter } from '../trees.ts';
import { discard, inPieces } from './body.ts';
import type { Bucket, ListedObject, ObjectPage } from './bucket.ts';
import { agentPrefix, keyBelow, pathBelow } from './keys.ts';
import { isProgram, PROGRAM } from './program-mode.ts';

/** Of one file; it is held in memory twice while it is sent. */
const FILE_BYTES = 64 * 1024 * 1024;
const MAX_TARGET_BYTES = 500;

interface BucketTreesOptions {
  bucket: Bucket;
  /** Before all keys; empty, or with a slash at its end. */
  root: string;
  /** The largest file that is taken; for an isolate of 128 MB far less than the default. */
  fileBytes?: number;
}

/** Folders of a bucket that can be copied whole. */
export function bucketTrees({ bucket, root, fileBytes = FILE_BYTES }: BucketTreesOptions): FolderTrees {
  return {
    readTree: (agentId) => readTree(bucket, agentPrefix(root, agentId)),
    writeTree: (agentId) => writeTree(bucket, agentPrefix(root, agentId), fileBytes),
  };
}

async function* readTree(bucket: Bucket, prefix: string): AsyncGenerator<TreeEntry> {
  for (let after: string | null = null; ; ) {
    const page: ObjectPage = await bucket.list({ prefix, after });
    for (const object of page.objects) {
      const entry = object.key === prefix ? null : await entryOf(bucket, prefix, object);
      if (entry !== null) yield entry;
    }
    after = page.next;
    if (after === null) return;
  }
}

/** Null where it has gone meanwhile. */
async function entryOf(
  bucket: Bucket,
  prefix: string,
  { key, modifiedAt }: ListedObject,
): Promise<TreeEntry | null> {
  const named = pathBelow(prefix, key);
  if (named === null)
    return { kind: 'left_out', path: key.slice(prefix.length), why: 'its name is none of a file' };
  const { path } = named;
  if (named.isFolder) return { kind: 'folder', path, modifiedAt };
  const opened = await bucket.get(key);
  if (opened === null) return null;
  const { meta, size, body } = opened;
  if (meta.link === undefined)
    return {
      kind: 'file',
      path,
      modifiedAt,
      executable: isProgram(meta),
      size,
      stream: inPieces(body, size),
    };
  await discard(body);
  const target = decoded(meta.link);
  if (target === null) return { kind: 'left_out', path, why: 'it is a link to no name' };
  return { kind: 'link', path, modifiedAt, target };
}

function writeTree(bucket: Bucket, prefix: string, fileBytes: number): TreeWriter {
  /** What a later entry can't lie behind. */
  const noFolders = new Set<string>();
  const plant = async (
    path: string,
    bytes: Uint8Array | string,
    { meta, isFolder = false }: { meta?: Record<string, string>; isFolder?: boolean } = {},
  ): Promise<Planted> => {
    const key = keyBelow(prefix, path);
    if (key === null) return { ok: false, reason: 'is no path that the storage takes' };
    const parts = path.split('/');
    const isBehind = parts.some((_, index) => noFolders.has(parts.slice(0, index).join('/')));
    if (isBehind || (isFolder && noFolders.has(path)))
      return { ok: false, reason: 'lies behind something that is no folder' };
    const put = await bucket.put(isFolder ? `${key}/` : key, bytes, {
      only: 'absent',
      ...(meta ? { meta } : {}),
    });
    if (isFolder) return { ok: true };
    noFolders.add(path);
    return put.ok ? { ok: true } : { ok: false, reason: 'is there already' };
  };
  return {
    folder: (path) => plant(path, '', { isFolder: true }),
    async file(path, content, { executable }) {
      const bytes = await collect(content, fileBytes);
      if (bytes === null) return { ok: false, reason: `has more than ${fileBytes} bytes` };
      return await plant(path, bytes, { meta: executable ? PROGRAM : {} });
    },
    async link(path, target) {
      if (new TextEncoder().encode(target).length > MAX_TARGET_BYTES || !target.isWellFormed())
        return { ok: false, reason: `is a link to a name of more than ${MAX_TARGET_BYTES} bytes` };
      return await plant(path, '', { meta: { link: encodeURIComponent(target) } });
    },
    close() {},
  };
}

/** All of it; null where it is more than is held in memory, and then read to its end. */
async function collect(content: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array | null> {
  let all = byteList();
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length <= most) all.add(piece);
    else all = byteList();
  }
  return length > most ? null : all.join();
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
