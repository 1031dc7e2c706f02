/** Bodies of answers, read within bounds: never more bytes than asked for, and no silence longer than `IDLE_MS`. */

import { byteList, sha256Hex } from '@tinyfat/core';
import type { ObjectBody, StreamedContent } from './bucket.ts';
import { StorageError } from './errors.ts';

/** So long a body may be silent. */
const IDLE_MS = 30_000;
const PIECE_BYTES = 64 * 1024;
const MAX_SHORT_BYTES = 64 * 1024;

type Body = ObjectBody | null;

/** The whole body; null where it has more than `maxBytes`. Rejects when it breaks off. */
export async function readAll(body: Body, maxBytes: number): Promise<Uint8Array | null> {
  const all = byteList();
  const reader = body?.getReader();
  for (let next = await readNext(reader); next !== null; next = await readNext(reader)) {
    if (all.length + next.length > maxBytes) {
      await reader?.cancel();
      return null;
    }
    all.add(next);
  }
  return all.join();
}

/** All of a content that a bucket is given. Rejects with `BadDigest` where a stream is not what was said of it. */
export async function contentBytes(
  content: Uint8Array | string | StreamedContent,
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof content === 'string') return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return new Uint8Array(content);
  const bytes = await readAll(await content.open(), content.size);
  if (bytes?.length !== content.size || (await sha256Hex(bytes)) !== content.sha256) throw badDigest();
  return new Uint8Array(bytes);
}

/** That content is not what was said of it. */
export function badDigest(): StorageError {
  return new StorageError('the content is not the one that was to be stored', 'BadDigest', false);
}

/** The whole body in one piece of `size` bytes, which the caller has bounded; an error where it has more or fewer. */
export async function readSized(body: Body, size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let at = 0;
  const reader = body?.getReader();
  for (let next = await readNext(reader); next !== null; next = await readNext(reader)) {
    if (at + next.length > size) {
      await reader?.cancel().catch(() => undefined);
      throw longer();
    }
    whole.set(next, at);
    at += next.length;
  }
  if (at < size) throw brokeOff();
  return whole;
}

/** Reads the short body of an answer that only its head matters of, so that its connection can be used again. */
export async function drain(body: Body): Promise<void> {
  await readAll(body, MAX_SHORT_BYTES).catch(() => undefined);
}

/** Reads nothing more of a body; its connection ends with it. */
export async function discard(body: Body): Promise<void> {
  await body?.cancel().catch(() => undefined);
}

/** The body in pieces of at most 64 KiB, read as its consumer asks; an error where it is not of `size` bytes. */
export function inPieces(body: Body, size: number): ReadableStream<Uint8Array> {
  const reader = body?.getReader();
  let rest = new Uint8Array();
  let left = size;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          while (rest.length === 0) {
            const next = await readNext(reader);
            if (next === null) {
              if (left > 0) throw brokeOff();
              return controller.close();
            }
            rest = new Uint8Array(next);
          }
          if (rest.length > left) throw longer();
          const piece = rest.subarray(0, PIECE_BYTES);
          rest = rest.subarray(piece.length);
          left -= piece.length;
          controller.enqueue(piece);
        } catch (error) {
          controller.error(error);
          await reader?.cancel().catch(() => undefined);
        }
      },
      cancel: () => reader?.cancel(),
    },
    { highWaterMark: 0 },
  );
}

function brokeOff(): Error {
  return new Error('the answer of the storage broke off');
}

function longer(): Error {
  return new Error('the answer of the storage is longer than it said');
}

async function readNext(reader: ReturnType<ObjectBody['getReader']> | undefined): Promise<Uint8Array | null> {
  if (!reader) return null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the storage was silent for ${IDLE_MS / 1000} s`)), IDLE_MS);
  });
  try {
    const next = await Promise.race([reader.read(), silence]);
    return next.done ? null : next.value;
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
