/**
 * The top level of a message and nothing below it: a report that stands deeper is one that somebody sent on,
 * and says nothing about us. Work is bounded by the bytes; only what is asked for is decoded.
 */
import { MIMEType } from 'node:util';
import type { HeaderField } from '../inspect/automatic.ts';
import { headerBlock } from '../mime/header-block.ts';
import { firstValue, readFields } from './fields.ts';
import { reportLimits } from './limits.ts';

/** A message, or one part of a multipart. */
export interface Part {
  fields: HeaderField[];
  /** Lower case, for example `message/delivery-status`; `text/plain` where there is none (RFC 2045 section 5.2). */
  type: string;
  /** Of a multipart. */
  boundary: string | null;
  /** As it came, encoded. */
  body: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** Splits header and body. */
export function readPart(bytes: Uint8Array): Part {
  const block = headerBlock(bytes);
  const fields = readFields(decoded(block.subarray(0, reportLimits.headerBytes)));
  const media = mediaType(firstValue(fields, 'content-type') ?? '');
  const boundary = media?.params.get('boundary') ?? null;
  return {
    fields,
    type: media?.essence ?? 'text/plain',
    boundary: boundary === '' ? null : boundary,
    body: bytes.subarray(block.length === 0 ? emptyLine(bytes) : block.length),
  };
}

/** The direct children of a multipart (RFC 2046 section 5.1); one that was cut off ends where the bytes end. */
export function childParts({ body, boundary }: Part): Part[] {
  if (boundary === null) return [];
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let start: number | null = null;
  for (let at = 0; at !== -1; at = nextLine(body, at)) {
    const rest = afterDelimiter(body, at, delimiter);
    if (rest === null) continue;
    if (start !== null) parts.push(readPart(body.subarray(start, at)));
    if (rest === '--' || parts.length === reportLimits.parts) return parts;
    start = nextLine(body, at);
    if (start === -1) return parts;
  }
  if (start !== null) parts.push(readPart(body.subarray(start)));
  return parts;
}

/** The content, decoded from its transfer encoding (RFC 2045 section 6) and cut to what is looked at. */
export function contentOf({ fields, body }: Part): Uint8Array {
  const encoding = (firstValue(fields, 'content-transfer-encoding') ?? '').trim().toLowerCase();
  const limit = reportLimits.partBytes;
  // Both encodings take at most three bytes for one; line ends come on top.
  const encoded = () => Buffer.from(body.subarray(0, limit * 4)).toString('latin1');
  if (encoding === 'base64') return Buffer.from(encoded(), 'base64').subarray(0, limit);
  if (encoding === 'quoted-printable') return Buffer.from(unquoted(encoded()), 'latin1').subarray(0, limit);
  return body.subarray(0, limit);
}

/** The content as text. UTF-8 (RFC 6533); bytes that are not become U+FFFD. */
export function textOf(part: Part): string {
  return decoded(contentOf(part));
}

/** The fields of the header section of a message that is the content of this part; never those of its body. */
export function embeddedHeader(part: Part): HeaderField[] {
  return readFields(decoded(headerBlock(contentOf(part))));
}

/** Length of the empty line that a part without a header begins with. */
function emptyLine(bytes: Uint8Array): number {
  if (bytes[0] === LF) return 1;
  return bytes[0] === CR && bytes[1] === LF ? 2 : 0;
}

function mediaType(value: string): MIMEType | null {
  try {
    return new MIMEType(value.slice(0, 4096));
  } catch {
    return null;
  }
}

/** Where the next line begins, -1 after the last one. */
function nextLine(body: Uint8Array, at: number): number {
  const end = body.indexOf(LF, at);
  return end === -1 ? -1 : end + 1;
}

/** What follows the delimiter on a line that is one: nothing, or `--` on the last; null on any other line. */
function afterDelimiter(body: Uint8Array, at: number, delimiter: Buffer): string | null {
  if (body[at] !== DASH || body[at + 1] !== DASH) return null;
  const from = at + delimiter.length;
  if (!delimiter.equals(body.subarray(at, from))) return null;
  const end = body.indexOf(LF, from);
  const rest = decoded(body.subarray(from, end === -1 ? body.length : end)).trim();
  return rest === '' || rest === '--' ? rest : null;
}

function unquoted(text: string): string {
  return text
    .replace(/=[ \t]*\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
