/** The text of a download, where it is one and not too long to be shown and edited. */
import { readBody, versionTag } from '@tinyfat/core';
import type { Download } from '../../api/answer.ts';

/** `tag` names the bytes, for whoever changes the text; null where they were not read. */
export type ShownText =
  | { kind: 'text'; text: string; tag: string }
  | { kind: 'binary' | 'too_long'; bytes: number | null; tag: null };

/** Bytes of a text on a page. */
export const MAX_TEXT_BYTES = 64 * 1024;

/** Reads it to its end, or ends it unread. Rejects where the source breaks off. */
export async function readText(content: Download): Promise<ShownText> {
  const size = 'stream' in content ? content.size : content.bytes.length;
  // A file of an agent has a size; what is made while it is sent is no text to be shown.
  if (size === null || size > MAX_TEXT_BYTES) {
    if ('stream' in content) await content.stream.cancel();
    return { kind: 'too_long', bytes: size, tag: null };
  }
  const bytes = 'stream' in content ? await wholeOf(content.stream, size) : content.bytes;
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  // What is not UTF-8 would be written back as something else.
  const isText = !text.includes('\u0000') && !text.includes('\ufffd');
  if (!isText) return { kind: 'binary', bytes: size, tag: null };
  return { kind: 'text', text, tag: await versionTag(bytes) };
}

async function wholeOf(stream: ReadableStream<Uint8Array>, size: number): Promise<Uint8Array> {
  const read = await readBody(stream, { maxBytes: size });
  if (read.ok) return read.bytes;
  throw read.why === 'broken' ? read.error : new Error('a file has more bytes than it had');
}
