/**
 * Bytes of a stranger as text. Labels are often wrong and bytes seldom: text that is valid UTF-8 with characters of
 * several bytes is UTF-8 whatever it is called, and what is called UTF-8 and is not is windows-1252. Never throws.
 */
import iconv from 'iconv-lite';
import { type Charset, charsetOf } from './charset-labels.ts';
import { fromHz, fromIso2022Kr } from './shifted-charsets.ts';
import { hasHighByte, isProbablyUtf8, utf8OrWestern, validUtf8 } from './utf8.ts';

/** UTF-7 hides any character in plain ASCII, so only the text of a body may be written in it. */
export interface TextOptions {
  utf7: boolean;
}

/** Charsets whose own texts can be valid UTF-8 by chance. */
const ambiguous = /^(?:gbk|gb18030|big5|euc-jp|cp949|shift_jis|ibm866|windows-874)$/;

const ESC = 0x1b;

/** Text of the bytes under a label; null where none is declared. */
export function decodeText(
  bytes: Uint8Array,
  label: string | null,
  { utf7 }: TextOptions = { utf7: false },
): string {
  const charset = charsetOf(label);
  const isWide = charset.kind === 'whatwg' && charset.name.startsWith('utf-16');
  const marked = byteOrderMark(bytes);
  if (marked === 'utf-8') return utf8OrWestern(bytes.subarray(3));
  if (marked !== null && (isWide || charset.kind === 'guess')) return new TextDecoder(marked).decode(bytes);
  switch (charset.kind) {
    case 'guess':
      return undeclared(bytes);
    case 'iso-2022-kr':
      return validUtf8(bytes)?.text ?? fromIso2022Kr(bytes);
    case 'hz':
      return validUtf8(bytes)?.text ?? fromHz(bytes);
    case 'utf-7':
      return utf7 ? (validUtf8(bytes)?.text ?? iconv.decode(bytes, 'utf-7')) : undeclared(bytes);
    case 'table':
    case 'whatwg':
      return isWide ? wide(bytes, charset.name) : labelled(bytes, charset);
  }
}

/** UTF-8, else windows-1252; Japanese and Korean mail that shifts within seven bits shows what it is. */
function undeclared(bytes: Uint8Array): string {
  const shift = bytes.indexOf(ESC);
  if (shift !== -1 && !hasHighByte(bytes)) {
    const start = String.fromCharCode(...bytes.subarray(shift + 1, shift + 4));
    if (/^(?:\$[B@]|\(J)/.test(start)) return decoded('iso-2022-jp', bytes);
    if (start === '$)C') return fromIso2022Kr(bytes);
  }
  return utf8OrWestern(bytes);
}

/** Text of two bytes each has zeros among them wherever a blank or a line end stands; UTF-8 has none. */
function wide(bytes: Uint8Array, name: string): string {
  return (bytes.includes(0) ? null : strict('utf-8', bytes)) ?? decoded(name, bytes);
}

function labelled(bytes: Uint8Array, { kind, name }: Extract<Charset, { name: string }>): string {
  const utf8 = validUtf8(bytes);
  if (utf8 !== null && (!ambiguous.test(name) || isProbablyUtf8(utf8))) return utf8.text;
  const text = kind === 'table' ? iconv.decode(bytes, name) : decoded(name, bytes);
  return utf8 !== null && text.includes('\ufffd') ? utf8.text : text;
}

function byteOrderMark([first, second, third]: Uint8Array): string | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

function decoded(name: string, bytes: Uint8Array): string {
  return new TextDecoder(name).decode(name === 'iso-2022-jp' ? withoutIdleShifts(bytes) : bytes);
}

/** Encoded words each shift back to ASCII at their end; a TextDecoder takes that for an error where the next one shifts. */
function withoutIdleShifts(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return Buffer.from(text.replace(/\x1b\([BJ](?=\x1b)/g, ''), 'latin1');
}

function strict(name: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
