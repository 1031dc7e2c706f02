/**
 * The parts of a message (RFC 2045, RFC 2046) as ranges of its bytes: nothing is copied or decoded, and the line end before
 * a boundary belongs to the boundary, so a file is what it was. Takes what is broken: a boundary that never comes, a last
 * one that is missing, a multipart in which there are no parts.
 */
import { bytesOfText } from './byte-text.ts';
import { type ContentField, contentField } from './content-field.ts';
import { firstValue, type HeaderField, headerFields, type LabelledField } from './header-fields.ts';

/** One part that is no multipart. */
export interface MimePart {
  /** Lower case; as it stands there, so it may be no media type. */
  type: string;
  typeParams: ContentField['params'];
  /** Lower case; empty where nothing is said. */
  disposition: string;
  dispositionParams: ContentField['params'];
  /** Content-Transfer-Encoding in lower case; empty where nothing is said. */
  encoding: string;
  /** As it stands in Content-ID. */
  contentId: string;
  /** Encoded, as it came. */
  body: Uint8Array;
  /** The nearest multipart/alternative around it; parts of one are the same text in several forms. */
  alternative: symbol | null;
  /** The multiparts around it, from the outermost; parts of one multipart share its object. */
  within: readonly Multipart[];
}

/** A multipart: what holds other parts. */
export interface Multipart {
  /** Lower case, as it stands there. */
  type: string;
}

/** A message taken apart. */
export interface MimeTree {
  /** The header section of the message. */
  fields: LabelledField[];
  /** In order of appearance. */
  parts: MimePart[];
}

/** More than any mail program makes: levels, bytes of all header sections with their line ends, characters of a boundary. */
export const treeLimits = { depth: 50, headerBytes: 4 * 1024 * 1024, boundary: 1000 };

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** A multipart whose parts are being read. */
interface Level {
  delimiter: Uint8Array;
  /** This multipart and those around it, from the outermost. */
  within: readonly Multipart[];
  alternative: symbol | null;
  isDigest: boolean;
  /** What shows its body, should no part be found in it. */
  asText: MimePart;
  start: number;
  hasParts: boolean;
}

/** Throws, with a sentence, beyond the limits. */
export function mimeTree(raw: Uint8Array): MimeTree {
  const levels: Level[] = [];
  const parts: MimePart[] = [];
  let fields: LabelledField[] | null = null;
  let headerBytes = 0;
  /** Where the header section or the body begins that is being read; null between parts. */
  let header: number | null = 0;
  let body: { part: MimePart; start: number } | null = null;

  function headerEnds(from: number, to: number, next: number): void {
    headerBytes += to - from;
    if (headerBytes > treeLimits.headerBytes) {
      throw new Error(`Its header sections have more than ${treeLimits.headerBytes} bytes.`);
    }
    const read = headerFields(raw.subarray(from, to));
    fields ??= read;
    header = null;
    const around = levels.at(-1);
    const part = emptyPart(read, around);
    const isMultipart = part.type.startsWith('multipart/');
    const boundary = isMultipart ? (part.typeParams.get('boundary') ?? '') : '';
    if (boundary.trim() === '' || boundary.length > treeLimits.boundary) {
      body = { part: isMultipart ? asText(part) : part, start: next };
      return;
    }
    levels.push({
      delimiter: bytesOfText(`--${boundary.trimEnd()}`),
      within: [...part.within, { type: part.type }],
      alternative: /^multipart\/alternative\b/.test(part.type) ? Symbol() : part.alternative,
      isDigest: /^multipart\/digest\b/.test(part.type),
      asText: asText(part),
      start: next,
      hasParts: false,
    });
  }

  function bodyEnds(to: number): void {
    if (body === null) return;
    parts.push({ ...body.part, body: raw.subarray(body.start, Math.max(body.start, to)) });
    body = null;
  }

  /** Leaves the multiparts inside the one at `index`. */
  function leave(index: number, to: number): void {
    bodyEnds(to);
    for (const level of levels.splice(index)) {
      if (!level.hasParts && to > level.start) {
        parts.push({ ...level.asText, body: raw.subarray(level.start, to) });
      }
    }
  }

  for (let at = 0; at < raw.length; ) {
    const lineEnd = raw.indexOf(LF, at);
    const next = lineEnd === -1 ? raw.length : lineEnd + 1;
    const end = withoutLineEnd(raw, at, next);
    const found = raw[at] === DASH && raw[at + 1] === DASH ? delimiterAt(raw, at, end, levels) : null;
    if (found !== null) {
      const { level, index, isLast } = found;
      // The line end before the boundary is part of it.
      const to = at > 0 ? withoutOneLineEnd(raw, at) : at;
      if (header !== null) headerEnds(header, at, at);
      leave(index + 1, to);
      level.hasParts = true;
      if (isLast) leave(index, to);
      header = isLast ? null : next;
      if (!isLast && levels.length > treeLimits.depth) {
        throw new Error(`It is nested deeper than ${treeLimits.depth} levels.`);
      }
    } else if (header !== null && end === at) headerEnds(header, at, next);
    at = next;
  }
  if (header !== null) headerEnds(header, raw.length, raw.length);
  leave(0, raw.length);
  return { fields: fields ?? [], parts };
}

/** The innermost multipart of which a line is the delimiter (RFC 2046 section 5.1.1), blanks at its end aside. */
function delimiterAt(raw: Uint8Array, at: number, end: number, levels: Level[]) {
  for (let index = levels.length - 1; index >= 0; index -= 1) {
    const level = levels[index];
    if (level === undefined || !startsWith(raw, at, end, level.delimiter)) continue;
    let rest = at + level.delimiter.length;
    const isLast = rest + 1 < end && raw[rest] === DASH && raw[rest + 1] === DASH;
    if (isLast) rest += 2;
    while (rest < end && (raw[rest] === 0x20 || raw[rest] === 0x09)) rest += 1;
    if (rest === end) return { level, index, isLast };
  }
  return null;
}

function startsWith(raw: Uint8Array, at: number, end: number, start: Uint8Array): boolean {
  if (end - at < start.length) return false;
  for (let offset = 0; offset < start.length; offset += 1) {
    if (raw[at + offset] !== start[offset]) return false;
  }
  return true;
}

/** The end of a line without its LF and the CRs before that. */
function withoutLineEnd(raw: Uint8Array, start: number, next: number): number {
  let end = next;
  if (end > start && raw[end - 1] === LF) end -= 1;
  while (end > start && raw[end - 1] === CR) end -= 1;
  return end;
}

function withoutOneLineEnd(raw: Uint8Array, at: number): number {
  if (raw[at - 1] !== LF) return at;
  return raw[at - 2] === CR ? at - 2 : at - 1;
}

function emptyPart(fields: HeaderField[], around: Level | undefined): MimePart {
  const first = (name: string) => firstValue(fields, name);
  const written = first('content-type');
  const type = contentField(written ?? (around?.isDigest ? 'message/rfc822' : 'text/plain'));
  const disposition = contentField(first('content-disposition') ?? '');
  return {
    type: type.value,
    typeParams: type.params,
    disposition: disposition.value,
    dispositionParams: disposition.params,
    encoding: contentField(first('content-transfer-encoding') ?? '').value.replace(/"/g, ''),
    contentId: first('content-id') ?? '',
    body: new Uint8Array(),
    alternative: around?.alternative ?? null,
    within: around?.within ?? [],
  };
}

/** A multipart without parts is shown as the text that stands there. */
function asText(part: MimePart): MimePart {
  return { ...part, type: 'text/plain', typeParams: new Map(), encoding: '' };
}
