/**
 * Brings back to the bucket what a turn changed in its copy. Invariants: a write depends on the object still being the one that
 * was copied in, so that what the API wrote meanwhile stays; only what was copied in is ever removed; the outbox comes
 * last, so that a mail in it is never without what was made for it.
 */
import { sha256Hex } from '@tinyfat/core';
import { type Bucket, listAll, MAX_LISTED, type StreamedContent, SUM } from '../bucket/bucket.ts';
import { StorageError } from '../bucket/errors.ts';
import { keyBelow } from '../bucket/keys.ts';
import { PROGRAM } from '../bucket/program-mode.ts';
import type { Notes } from './notes.ts';
import type { Stored } from './stored.ts';

const OUTBOX = 'outbox/';
const MAIL = 'outbox/email/';

/** Where it goes, and what is known of what is there. */
export interface SendBack {
  bucket: Bucket;
  /** Of the agent, with a slash at its end. */
  prefix: string;
  /** By path below the prefix; that of a folder ends with a slash. */
  copied: ReadonlyMap<string, Stored>;
  runId: string;
  notes: Notes;
  /** Throws when it takes too long. */
  inTime(): void;
}

/** What is stored of one thing. */
export type Content =
  | { kind: 'folder' }
  | { kind: 'link'; target: string }
  | { kind: 'file'; bytes: Uint8Array | StreamedContent; executable: boolean };

/**
 * Sends what was changed, then removes what is gone, then sends the outbox: first what is no mail. `send` is given what
 * belongs together, and awaited.
 */
export async function inSendingOrder<Change extends { path: string }>(
  out: SendBack,
  { changed, gone }: { changed: readonly Change[]; gone: readonly string[] },
  send: (changes: Change[]) => Promise<void>,
): Promise<void> {
  await send(changed.filter(({ path }) => !path.startsWith(OUTBOX)));
  await removeGone(out, gone);
  await send(changed.filter(({ path }) => path.startsWith(OUTBOX) && !path.startsWith(MAIL)));
  await send(changed.filter(({ path }) => path.startsWith(MAIL)));
}

/**
 * Stores one thing. The path of a folder ends with a slash. What another wrote meanwhile stays, and this lies beside it;
 * what can't be stored is noted. Rejects as the bucket does.
 */
export async function sendOne(out: SendBack, path: string, content: Content): Promise<void> {
  out.inTime();
  const { bucket, prefix, copied, notes } = out;
  const key = keyBelow(prefix, path.replace(/\/$/, ''));
  if (key === null) return notes.left(path, 'has a name or a path that the storage does not take');
  if (content.kind === 'folder') {
    await bucket.put(`${key}/`, '', { only: 'absent' });
    return;
  }
  const known = copied.get(path);
  const { bytes, meta } = objectOf(content);
  const sum = bytes instanceof Uint8Array ? await sha256Hex(bytes) : bytes.sha256;
  // It was only touched.
  if (known?.sha256 === sum && content.kind === 'file' && known.executable === content.executable) return;
  try {
    const put = await bucket.put(key, bytes, { meta, only: known ? { etag: known.etag } : 'absent' });
    if (put.ok) return;
    const there = await bucket.head(key);
    if (there?.meta[SUM] === sum) return;
    if (there === null && path.startsWith(MAIL)) {
      // The mail of before was sent and filed meanwhile: what stands there now is another one.
      if ((await bucket.put(key, bytes, { meta, only: 'absent' })).ok) return;
    }
    await putBeside(out, path, { bytes, meta });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'BadDigest') throw error;
    notes.left(path, 'changed while it was copied');
  }
}

interface ObjectContent {
  bytes: Uint8Array | StreamedContent;
  meta: Record<string, string>;
}

function objectOf(content: Exclude<Content, { kind: 'folder' }>): ObjectContent {
  if (content.kind === 'link')
    return { bytes: new Uint8Array(), meta: { link: encodeURIComponent(content.target) } };
  return { bytes: content.bytes, meta: content.executable ? PROGRAM : {} };
}

/** In the outbox every file is a mail: the agent's version goes where what was not sent is. */
async function putBeside(
  { bucket, prefix, runId, notes }: SendBack,
  path: string,
  { bytes, meta }: ObjectContent,
): Promise<void> {
  const from = path.startsWith(MAIL) ? `outbox/failed/${path.slice(MAIL.length)}` : path;
  const cut = from.lastIndexOf('/') + 1;
  const beside = `${from.slice(0, cut)}${[...from.slice(cut)].slice(0, 40).join('')}.conflict-${runId}`;
  const key = keyBelow(prefix, beside);
  if (key === null)
    return notes.left(path, 'was changed by somebody else meanwhile, and has no place beside it');
  await bucket.put(key, bytes, { meta });
  notes.conflict(path, beside);
}

/** Removes the objects of what the turn removed, but for those that somebody else has changed meanwhile. */
async function removeGone(out: SendBack, gone: readonly string[]): Promise<void> {
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
