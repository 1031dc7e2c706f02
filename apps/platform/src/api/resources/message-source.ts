/** A piece of a stored message as text, so that the longest one is read a page at a time. */
import type { ByteStream } from '@tinyfat/core';

/** Bytes of one piece at most. */
export const SOURCE_PAGE_BYTES = 32 * 1024;

export interface SourcePage {
  bytes: number;
  offset: number;
  text: string;
  next_offset: number | null;
}

/** The piece that begins at `offset`, up to the end of a line where there is one. Reads no further, and ends the stream. */
export async function readSource({ size, stream }: ByteStream, offset: number): Promise<SourcePage> {
  const piece = await bytesAt(stream, offset, Math.min(SOURCE_PAGE_BYTES, Math.max(0, size - offset)));
  const isLast = offset + piece.length >= size;
  const lineEnd = piece.lastIndexOf(0x0a) + 1;
  const shown = isLast || lineEnd === 0 ? piece : piece.subarray(0, lineEnd);
  const next = offset + shown.length;
  const text = new TextDecoder().decode(shown).replaceAll('\r\n', '\n').replaceAll('\0', '\ufffd');
  return { bytes: size, offset, text, next_offset: next < size ? next : null };
}

/** So many bytes from `offset` on, fewer where the stream ends before. */
async function bytesAt(
  stream: ReadableStream<Uint8Array>,
  offset: number,
  most: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  let [at, filled] = [0, 0];
  const reader = stream.getReader();
  while (filled < most) {
    const { done, value } = await reader.read();
    if (done) break;
    const wanted = value.subarray(Math.max(0, offset - at)).subarray(0, most - filled);
    bytes.set(wanted, filled);
    filled += wanted.length;
    at += value.length;
  }
  await reader.cancel();
  return bytes.subarray(0, filled);
}
