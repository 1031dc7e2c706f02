/** The text of a download, where it is one and not too long to be shown and edited. */
import { readBody, sha256Hex } from '@tinyfat/core';
import type { Download } from '../../api/answer.ts';

/** `tag` names the bytes, for whoever changes the text; null where they were not read. */
export type ShownText =
  | { kind: 'text'; text: string; tag: string }
  | { kind: 'binary' | 'too_long'; tag: null };

/** Bytes of a text on a page. */
export const MAX_TEXT_BYTES = 64 * 1024;

/** Reads it to its end, or as far as a page shows it. Rejects where the source breaks off. */
export async function readText(content: Download): Promise<ShownText> {
  const bytes = await shortBytes(content);
  if (bytes === null) return { kind: 'too_long', tag: null };
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  // What is not UTF-8 would be written back as something else.
  const isText = !text.includes('\u0000') && !text.includes('\ufffd');
  if (!isText) return { kind: 'binary', tag: null };
  return { kind: 'text', text, tag: (await sha256Hex(bytes)).slice(0, 32) };
}

/** Null where there are more than a page shows. */
async function shortBytes(content: Download): Promise<Uint8Array | null> {
  if ('bytes' in content) return content.bytes.length > MAX_TEXT_BYTES ? null : content.bytes;
  const read = await readBody(content.stream, { maxBytes: MAX_TEXT_BYTES });
  if (read.ok) return read.bytes;
  if (read.why === 'broken') throw read.error;
  return null;
}
