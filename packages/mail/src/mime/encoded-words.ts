/**
 * Header text: encoded words (RFC 2047, with the languages of RFC 2231) and raw bytes between them. Words of one charset
 * that follow each other are one run of bytes, because programs cut characters in two. Linear in the field; never throws.
 */
import { bytesOfText, byteText } from './byte-text.ts';
import { decodeText } from './charset.ts';
import { hasHighByte } from './utf8.ts';

interface Word {
  /** Lower case, without its language. */
  charset: string;
  isBase64: boolean;
  encoded: string;
}
type Piece = { text: string } | Word;

const longestCharset = 60;

/**
 * Text of an unfolded field.
 *
 * @param field - byte text
 * @param fallback - the charset of raw bytes that are not UTF-8, where the message names one elsewhere
 */
export function headerText(field: string, fallback: string | null = null): string {
  const runs: { charset: string | null; bytes: Uint8Array[] }[] = [];
  for (const piece of joinedWords(pieces(field))) {
    const charset = 'text' in piece ? null : piece.charset;
    const bytes = 'text' in piece ? bytesOfText(piece.text) : wordBytes(piece);
    const last = runs.at(-1);
    if (last !== undefined && last.charset === charset) last.bytes.push(bytes);
    else runs.push({ charset, bytes: [bytes] });
  }
  return runs
    .map(({ charset, bytes }) => runText(Buffer.concat(bytes), charset, fallback))
    .join('')
    .toWellFormed();
}

function runText(bytes: Uint8Array, charset: string | null, fallback: string | null): string {
  return decodeText(bytes, charset ?? (hasHighByte(bytes) ? fallback : null));
}

/** Encoded words and what stands between them. */
function pieces(field: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  let end = -1;
  for (let at = field.indexOf('=?'); at !== -1; ) {
    const head = /^=\?([^?\s]{1,60})\?([QqBb])\?/.exec(field.slice(at, at + longestCharset + 6));
    if (head === null) {
      at = field.indexOf('=?', at + 1);
      continue;
    }
    const start = at + head[0].length;
    if (end < start) end = field.indexOf('?=', start);
    if (end === -1) break;
    // A word without an end does not swallow the next one.
    const inner = field.slice(start, end).search(/=\?[^?\s]{1,60}\?[QqBb]\?/);
    if (inner !== -1) {
      at = start + inner;
      continue;
    }
    if (at > from) found.push({ text: field.slice(from, at) });
    found.push({
      charset: plainCharset(head[1] ?? ''),
      isBase64: /^b$/i.test(head[2] ?? ''),
      encoded: field.slice(start, end),
    });
    from = end + 2;
    at = field.indexOf('=?', from);
  }
  if (from < field.length) found.push({ text: field.slice(from) });
  return found;
}

/** White space between two words is none, and base64 that is cut within a group is one piece of base64. */
function joinedWords(all: Piece[]): Piece[] {
  const shown = all.filter((piece, at) => {
    if (!('text' in piece) || !/^[ \t\r\n]*$/.test(piece.text)) return true;
    const [before, after] = [all[at - 1], all[at + 1]];
    return before === undefined || after === undefined || 'text' in before || 'text' in after;
  });
  const joined: Piece[] = [];
  let before: Piece | undefined;
  for (const piece of shown) {
    const last = joined.at(-1);
    if (last !== undefined && !('text' in last) && !('text' in piece) && isCutGroup(before, last, piece)) {
      last.encoded += piece.encoded;
    } else joined.push(piece);
    before = piece;
  }
  return joined;
}

function isCutGroup(before: Piece | undefined, whole: Word, next: Word): boolean {
  if (before === undefined || 'text' in before || before.encoded.endsWith('=')) return false;
  return whole.isBase64 && next.isBase64 && whole.charset === next.charset && whole.encoded.length % 4 !== 0;
}

function wordBytes({ isBase64, encoded }: Word): Uint8Array {
  if (isBase64) return Buffer.from(encoded.replace(/[^a-zA-Z0-9+/=_-]/g, ''), 'base64');
  const text = encoded.replaceAll('_', ' ');
  return bytesOfText(
    text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => byteText(Uint8Array.of(Number.parseInt(hex, 16)))),
  );
}

function plainCharset(label: string): string {
  const charset = label.replace(/\*.*$/s, '').toLowerCase();
  return charset === 'utf8' ? 'utf-8' : charset;
}
