/**
 * Content-Transfer-Encoding undone (RFC 2045 section 6). What is not encoded stays byte for byte what it was; encoded
 * content gives what can be read of it. Linear; never throws.
 */
import { uudecode } from './uuencode.ts';

interface DecodedBody {
  content: Uint8Array;
  /** The name that uuencoded content brings along; null for none. */
  name: string | null;
}

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;
const NO_BASE64 = 64;
const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const base64Values = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = base64Alphabet.indexOf(String.fromCharCode(byte));
  return value === -1 ? NO_BASE64 : value;
});
const lineFeed = Uint8Array.of(LF);
/** Characters of a line that is no word: base64 is wrapped at 60 to 76. */
const wrapped = 40;

/**
 * @param encoding - in lower case, as it stands there
 * @param isText - a mailing list may have written lines of its own below base64; in a file nothing else can stand
 */
export function decodedBody(body: Uint8Array, encoding: string, isText: boolean): DecodedBody {
  if (/^base-?64/.test(encoding)) return { content: isText ? base64Text(body) : base64(body), name: null };
  if (encoding.startsWith('quoted')) return { content: quotedPrintable(body), name: null };
  if (/^(?:x-?)?uu/.test(encoding)) return uudecode(body) ?? { content: body, name: null };
  return { content: body, name: null };
}

/**
 * How many bytes `decodedBody` gives of a file, without making them: exact, but for base64 that is padded within, of
 * which it may be a little more. Up to `enough` a bound will do, which costs next to nothing.
 */
export function decodedLength(body: Uint8Array, encoding: string, enough: number): number {
  if (!/^base-?64/.test(encoding)) return decodedBody(body, encoding, false).content.length;
  const bound = base64Length(body.length - lineEndBytes(body));
  return bound <= enough ? bound : base64Length(base64Characters(body));
}

function base64Length(characters: number): number {
  return Math.floor((characters * 3) / 4);
}

function lineEndBytes(body: Uint8Array): number {
  let bytes = 0;
  for (let at = body.indexOf(LF); at !== -1; at = body.indexOf(LF, at + 1)) {
    bytes += body[at - 1] === CR ? 2 : 1;
  }
  return bytes;
}

/** An index is three times as fast here as an iterator. */
function base64Characters(body: Uint8Array): number {
  let characters = 0;
  for (let at = 0; at < body.length; at += 1) {
    if (base64Values[body[at] ?? 0] !== NO_BASE64) characters += 1;
  }
  return characters;
}

/**
 * What is no base64 is left out. Base64 that is padded within is several pieces one after the other; in one pass, because
 * 25 MB may be of so many pieces.
 */
function base64(body: Uint8Array): Uint8Array {
  const content = new Uint8Array(Math.ceil(body.length / 4) * 3);
  let length = 0;
  let bits = 0;
  let held = 0;
  for (const byte of body) {
    if (byte === EQUALS) held = 0;
    const value = base64Values[byte] ?? NO_BASE64;
    if (value === NO_BASE64) continue;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    content[length] = bits >> held;
    length += 1;
  }
  return content.subarray(0, length);
}

/** The base64 decoded, and what a list or a gateway wrote above or below it as it stands there. */
function base64Text(body: Uint8Array): Uint8Array {
  const { start, end } = base64Lines(latin1(body));
  const pieces = [body.subarray(0, start), base64(body.subarray(start, end)), body.subarray(end)];
  const shown = pieces.filter((piece) => piece.some((byte) => byte > 0x20));
  return Buffer.concat(
    shown.flatMap((piece, at) => (at === 0 || shown[at - 1]?.at(-1) === LF ? [piece] : [lineFeed, piece])),
  );
}

/** From the first line that is as long as base64 is wrapped to the last, and the shorter one after that. */
function base64Lines(text: string): { start: number; end: number } {
  const all = { start: 0, end: text.length };
  if (/^[a-zA-Z0-9+/=\s]*$/.test(text) && !/[^\s][ \t]+[^\s]/.test(text)) return all;
  let full = { start: -1, end: -1 };
  let short = { start: 0, end: 0 };
  let mayFollow = false;
  for (const { 0: line, index } of text.matchAll(/[^\n]+\n?/g)) {
    const bare = line.trim();
    if (bare === '') continue;
    const here = { start: index, end: index + line.length };
    const isBase64 = /^[a-zA-Z0-9+/]+={0,2}$/.test(bare);
    if (isBase64 && bare.length >= wrapped) {
      full = { start: full.start === -1 ? here.start : full.start, end: here.end };
      mayFollow = !bare.endsWith('=');
      continue;
    }
    if (isBase64 && bare.length % 4 === 0) {
      if (mayFollow) full.end = here.end;
      if (short.end === 0) short = here;
    }
    mayFollow = false;
  }
  return full.start === -1 ? short : full;
}

/** RFC 2045 section 6.7; blanks at the end of a line are no content, also behind the `=` of a soft line break. */
function quotedPrintable(body: Uint8Array): Uint8Array {
  const content = new Uint8Array(body.length);
  let length = 0;
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf(LF, at);
    const next = lineEnd === -1 ? body.length : lineEnd + 1;
    let breakAt = lineEnd === -1 ? next : lineEnd;
    while (breakAt > at && body[breakAt - 1] === CR) breakAt -= 1;
    let end = breakAt;
    while (end > at && isBlank(body[end - 1])) end -= 1;
    const isSoft = end > at && body[end - 1] === EQUALS;
    if (isSoft) end -= 1;
    while (at < end) {
      const byte = body[at] === EQUALS && at + 2 < end ? hexByte(body[at + 1], body[at + 2]) : null;
      content[length] = byte ?? body[at] ?? 0;
      at += byte === null ? 1 : 3;
      length += 1;
    }
    if (!isSoft) {
      content.set(body.subarray(breakAt, next), length);
      length += next - breakAt;
    }
    at = next;
  }
  return content.subarray(0, length);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

function hexByte(high: number | undefined, low: number | undefined): number | null {
  const digits = String.fromCharCode(high ?? 0, low ?? 0);
  return /^[0-9a-f]{2}$/i.test(digits) ? Number.parseInt(digits, 16) : null;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
