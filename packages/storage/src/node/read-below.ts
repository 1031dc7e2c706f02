/** Reads regular files by descriptor, off the main thread (libuv), and never more than was asked for. */
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { ReadOutcome, ReadRefusal, StreamOutcome } from '@tinyfat/core';
import { openFile } from './open-below.ts';
import { streamFile } from './stream-file.ts';

const readInto = promisify(read);

/** The whole file `name` of the folder, or why it is not read. */
export async function readFile(folderFd: number, name: string, maxBytes: number): Promise<ReadOutcome> {
  const opened = openFile(folderFd, name);
  if (!opened.ok) return opened;
  try {
    if (opened.stats.size > BigInt(maxBytes)) return tooLarge(name, opened.stats.size, maxBytes);
    const buffer = Buffer.allocUnsafeSlow(Number(opened.stats.size) + 1);
    const length = await fill(opened.fd, buffer, null);
    return length === buffer.length
      ? tooLarge(name, 'more and more', maxBytes)
      : { ok: true, bytes: buffer.subarray(0, length) };
  } finally {
    closeSync(opened.fd);
  }
}

/** At most `maxBytes` of the file `name` from `offset` on. */
export async function readPart(
  folderFd: number,
  name: string,
  offset: number,
  maxBytes: number,
): Promise<ReadOutcome> {
  const opened = openFile(folderFd, name);
  if (!opened.ok) return opened;
  try {
    const left = opened.stats.size > BigInt(offset) ? opened.stats.size - BigInt(offset) : 0n;
    const buffer = Buffer.allocUnsafeSlow(left < BigInt(maxBytes) ? Number(left) : maxBytes);
    const length = await fill(opened.fd, buffer, offset);
    return { ok: true, bytes: buffer.subarray(0, length) };
  } finally {
    closeSync(opened.fd);
  }
}

/** The file `name` as a stream that reads as its consumer asks, or why it is not read. */
export function openStream(folderFd: number, name: string, maxBytes: number): StreamOutcome {
  const opened = openFile(folderFd, name);
  if (!opened.ok) return opened;
  const { fd, stats } = opened;
  if (stats.size <= BigInt(maxBytes)) return { ok: true, ...streamFile(fd, Number(stats.size)) };
  closeSync(fd);
  return tooLarge(name, stats.size, maxBytes);
}

function tooLarge(name: string, size: bigint | string, maxBytes: number): ReadRefusal {
  return {
    ok: false,
    reason: 'too_large',
    detail: `${name} has ${size} bytes; at most ${maxBytes} are read`,
  };
}

/** Reads until the buffer is full or the file ends; gives how many bytes that were. */
async function fill(fd: number, buffer: Buffer, offset: number | null): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const position = offset === null ? null : offset + length;
    const { bytesRead } = await readInto(fd, buffer, length, buffer.length - length, position);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
