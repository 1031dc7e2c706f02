/** Inflates an entry of an archive (RFC 1951), whatever it was made of: never more than it is said to have. */
import { crc32 } from './crc32.ts';

/**
 * What is given to the decompressor at once. A byte becomes a thousand at most, and a runtime may inflate all that it was
 * given before anybody reads: so much of a bomb is in memory.
 */
const SLICE_BYTES = 4096;

/** The bytes, of exactly this size and checksum; null where they are others. On Node another thread inflates. */
export async function inflate(
  deflated: Uint8Array,
  { size, crc }: { size: number; crc: number },
): Promise<Uint8Array | null> {
  const { readable, writable } = new DecompressionStream('deflate-raw');
  // Who reads learns from the stream that the writing failed.
  const written = write(writable.getWriter(), deflated).catch(() => {});
  const reader = readable.getReader();
  const bytes = new Uint8Array(size);
  let length = 0;
  let sum = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (length + next.value.length > size) return null;
      bytes.set(next.value, length);
      length += next.value.length;
      sum = crc32(next.value, sum);
    }
    return length === size && sum === crc ? bytes : null;
  } catch {
    return null;
  } finally {
    await reader.cancel().catch(() => {});
    await written;
  }
}

async function write(
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    await writer.ready;
    await writer.write(new Uint8Array(bytes.subarray(at, at + SLICE_BYTES)));
  }
  await writer.close();
}
