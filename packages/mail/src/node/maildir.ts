/**
 * Mail out into a Maildir: what happens until a provider is set, and what a developer reads. Every mail is
 * durable (file and folder fsynced) before it counts as sent; the name carries a hash of the idempotency
 * key, so a key makes one file, also after a restart and where another process, which may be dead by now, wrote it.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, MailTransport, SendOutcome } from '@tinyfat/core';

export interface MaildirOptions {
  /** Made when missing, with `tmp`, `new` and `cur` in it. */
  folder: string;
  clock: Clock;
  /** Last part of each file's name. */
  hostname: string;
}

const keyInName = /\.M\d{6}Q\d+K([0-9a-f]{32})\./;
/** Age in ms at which a file in `tmp` was surely left by a crash (the convention of Maildir). */
const abandonedAfterMs = 36 * 3_600_000;

/** Sends by writing; the envelope shows only in the headers of the message itself. */
export function maildir(options: MaildirOptions): MailTransport {
  const host = options.hostname.replaceAll('/', '\\057').replaceAll(':', '\\072');
  const folders = {
    tmp: join(options.folder, 'tmp'),
    new: join(options.folder, 'new'),
    cur: join(options.folder, 'cur'),
  };
  /** What is being written, by hash of its key; what was written is found in the folder. */
  const writing = new Map<string, Promise<void>>();
  let ready: Promise<void> | null = null;
  let sequence = 0;

  async function prepare(): Promise<void> {
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(folders.new);
    await removeAbandoned(folders.tmp, options.clock());
  }

  /** Whether the mail is there, by whichever process. */
  async function isThere(key: string): Promise<boolean> {
    const names = [...(await readdir(folders.new)), ...(await readdir(folders.cur))];
    return names.some((name) => keyInName.exec(name)?.[1] === key);
  }

  async function deliver(key: string, raw: Uint8Array): Promise<void> {
    if (await isThere(key)) return;
    const name = nextName(key);
    const draft = join(folders.tmp, name);
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(raw);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, join(folders.new, name));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  function nextName(key: string): string {
    const now = options.clock();
    const micros = String((now % 1000) * 1000).padStart(6, '0');
    sequence += 1;
    return `${Math.floor(now / 1000)}.M${micros}Q${String(sequence).padStart(6, '0')}K${key}.${host}`;
  }

  async function send(raw: Uint8Array, idempotencyKey: string): Promise<SendOutcome> {
    const key = hashOf(idempotencyKey);
    try {
      ready ??= prepare();
      await ready;
    } catch (error) {
      ready = null;
      return { state: 'temporary', reason: `The mailbox cannot be opened: ${messageOf(error)}` };
    }
    try {
      let written = writing.get(key);
      if (written === undefined) {
        written = deliver(key, raw).finally(() => writing.delete(key));
        writing.set(key, written);
      }
      await written;
      await syncFolder(folders.new);
      return { state: 'sent', providerId: null, recipientsRefused: [] };
    } catch (error) {
      return { state: 'temporary', reason: `The mail cannot be written: ${messageOf(error)}` };
    }
  }

  return {
    name: 'maildir',
    idempotent: true,
    send: (_envelope, raw, idempotencyKey) => send(raw, idempotencyKey),
    close: async () => {
      await Promise.allSettled(writing.values());
    },
  };
}

/** A file of the mailbox. */
export interface MaildirFile {
  /** Below the folder of the mailbox, such as `new/1700000000.M…`. */
  path: string;
  raw: Uint8Array;
}

/**
 * The mail that was sent under this key; null where there is none of at most `maxBytes`. Reads the names of the whole
 * folder, as every sending does.
 */
export async function findInMaildir(
  folder: string,
  idempotencyKey: string,
  maxBytes: number,
): Promise<MaildirFile | null> {
  const key = hashOf(idempotencyKey);
  for (const part of ['new', 'cur']) {
    const names = await readdir(join(folder, part)).catch(() => []);
    const name = names.find((one) => keyInName.exec(one)?.[1] === key);
    if (name === undefined) continue;
    const path = join(part, name);
    const { size } = await stat(join(folder, path));
    return size > maxBytes ? null : { path, raw: await readFile(join(folder, path)) };
  }
  return null;
}

function hashOf(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeAbandoned(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > abandonedAfterMs) await rm(path, { force: true });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
