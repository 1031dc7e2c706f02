/**
 * Brings back to the bucket what a turn changed in its copy. Invariants: a write depends on the object still being the one that
 * was copied in, so that what the API wrote meanwhile stays; only what was copied in is ever removed; the outbox comes
 * last, so that a mail in it is never without what was made for it.
 */
import { closeSync, constants, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { replyFileName, sha256Hex } from '@tinyfat/core';
import { type Bucket, listAll, MAX_LISTED } from '../../bucket/bucket.ts';
import { inParallel } from '../../bucket/in-parallel.ts';
import { keyBelow } from '../../bucket/keys.ts';
import { PROGRAM } from '../../bucket/program-mode.ts';
import { descriptorPath, withFolder } from '../open-below.ts';
import type { CopyBounds } from './bounds.ts';
import { type Change, changesOf } from './changes.ts';
import type { Copied } from './copied.ts';
import type { Notes } from './notes.ts';
import { openOwn } from './walk.ts';

const readFrom = promisify(read);
const OUTBOX = 'outbox/';
const MAIL = 'outbox/email/';

interface CopyOut {
  bucket: Bucket;
  /** Of the agent, with a slash at its end. */
  prefix: string;
  /** The copy, in which nothing is alive. */
  rootFd: number;
  copied: ReadonlyMap<string, Copied>;
  bounds: CopyBounds;
  runId: string;
  notes: Notes;
  /** Throws when it takes too long. */
  inTime(): void;
}

/** Sends what was changed, then removes what is gone, then sends the outbox. Rejects as the bucket does. */
export async function copyOut(out: CopyOut): Promise<void> {
  const { changed, gone } = await changesOf(out, `${MAIL}${replyFileName(out.runId)}`);
  const send = (changes: Change[]) => inParallel(changes, (change) => sendOne(out, change), bytesOf);
  await send(changed.filter(({ path }) => !path.startsWith(OUTBOX)));
  await removeGone(out, gone);
  await send(changed.filter(({ path }) => path.startsWith(OUTBOX) && !path.startsWith(MAIL)));
  await send(changed.filter(({ path }) => path.startsWith(MAIL)));
}

function bytesOf(change: Change): number {
  return change.kind === 'file' ? Number(change.stats.size) : 0;
}

/** What is stored of one thing. */
interface Content {
  bytes: Uint8Array;
  meta: Record<string, string>;
}

async function sendOne(out: CopyOut, change: Change): Promise<void> {
  out.inTime();
  const { bucket, prefix, copied, notes } = out;
  const key = keyBelow(prefix, change.path.replace(/\/$/, ''));
  if (key === null) return notes.left(change.path, 'has a name or a path that the storage does not take');
  const content = await contentOf(out, change);
  if (content === null) return notes.left(change.path, 'changed while it was copied');
  if (change.kind === 'folder') {
    await bucket.put(`${key}/`, content.bytes, { only: 'absent' });
    return;
  }
  const known = copied.get(change.path);
  const sum = await sha256Hex(content.bytes);
  const isExecutable = content.meta.mode === PROGRAM.mode;
  // It was only touched.
  if (known?.sha256 === sum && known.executable === isExecutable && change.kind === 'file') return;
  const { bytes, meta } = content;
  const put = await bucket.put(key, bytes, { meta, only: known ? { etag: known.etag } : 'absent' });
  if (put.ok) return;
  const there = await bucket.head(key);
  if (there?.meta.sha256 === sum) return;
  if (there === null && change.path.startsWith(MAIL)) {
    // The mail of before was sent and filed meanwhile: what stands there now is another one.
    if ((await bucket.put(key, bytes, { meta, only: 'absent' })).ok) return;
  }
  await putBeside(out, change.path, content);
}

/** In the outbox every file is a mail: the agent's version goes where what was not sent is. */
async function putBeside(
  { bucket, prefix, runId, notes }: CopyOut,
  path: string,
  content: Content,
): Promise<void> {
  const from = path.startsWith(MAIL) ? `outbox/failed/${path.slice(MAIL.length)}` : path;
  const cut = from.lastIndexOf('/') + 1;
  const beside = `${from.slice(0, cut)}${[...from.slice(cut)].slice(0, 40).join('')}.conflict-${runId}`;
  const key = keyBelow(prefix, beside);
  if (key === null)
    return notes.left(path, 'was changed by somebody else meanwhile, and has no place beside it');
  await bucket.put(key, content.bytes, { meta: content.meta });
  notes.conflict(path, beside);
}

async function contentOf({ rootFd, bounds }: CopyOut, change: Change): Promise<Content | null> {
  if (change.kind === 'folder') return { bytes: new Uint8Array(), meta: {} };
  if (change.kind === 'link')
    return { bytes: new Uint8Array(), meta: { link: encodeURIComponent(change.target) } };
  const parts = change.path.split('/');
  return await withFolder(rootFd, parts.slice(0, -1), null, async (folder) => {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
    const path = descriptorPath(folder, parts.at(-1));
    const fd = openOwn(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.size > bounds.fileBytes) return null;
      const bytes = new Uint8Array(stats.size);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await readFrom(fd, bytes, at, bytes.length - at, at);
        if (bytesRead === 0) return null;
        at += bytesRead;
      }
      return { bytes, meta: (change.stats.mode & 0o100n) === 0n ? {} : PROGRAM };
    } finally {
      closeSync(fd);
    }
  });
}

/** Removes the objects of what the turn removed, but for those that somebody else has changed meanwhile. */
async function removeGone(out: CopyOut, gone: readonly string[]): Promise<void> {
  if (gone.length === 0) return;
  const { bucket, prefix, copied, notes } = out;
  out.inTime();
  const listed = await listAll(bucket, prefix, MAX_LISTED);
  if (listed === null) throw new Error('the folder holds far more than was copied');
  const now = new Map(listed.map(({ key, etag }) => [key, etag]));
  const keys: string[] = [];
  for (const path of gone) {
    const etag = now.get(`${prefix}${path}`);
    if (etag === undefined) continue;
    if (etag === copied.get(path)?.etag) keys.push(`${prefix}${path}`);
    else notes.left(path, 'was removed by the agent and changed by somebody else meanwhile: it stays');
  }
  await bucket.remove(keys);
}
