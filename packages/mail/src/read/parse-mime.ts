/**
 * What of a message is text and what is a file. Text is decoded as far as it can be shown; files are the bytes that they
 * were. Everything is taken from the ranges that mime-tree.ts finds.
 */
import { decodeText } from '../mime/charset.ts';
import { charsetOf } from '../mime/charset-labels.ts';
import type { HeaderField } from '../mime/header-fields.ts';
import { type MimePart, mimeTree } from '../mime/mime-tree.ts';
import { decodedBody } from '../mime/transfer-encoding.ts';
import { metaCharset } from './meta-charset.ts';
import { richText } from './rich-text.ts';
import { unflowed } from './unflowed.ts';

/** The representations of one body: the parts of one multipart/alternative, or a part on its own. */
export interface BodyPart {
  plain: string;
  html: string;
  /** Text of other kinds (Markdown, enriched text), for where there is no other. */
  other: string;
}

/** A file as it came. */
export interface FilePart {
  /** As the sender wrote it; null for none. */
  filename: string | null;
  /** As the sender declared it, in lower case; it may be no media type. */
  type: string;
  /** As it stands in Content-ID; empty for none. */
  contentId: string;
  content: Uint8Array;
}

export interface ParsedMime {
  /** The header section of the message. */
  fields: HeaderField[];
  /** In order of appearance. */
  bodies: BodyPart[];
  /** In order of appearance. */
  files: FilePart[];
  /** Characters of all text that is no HTML before anything was cut. */
  plainLength: number;
  htmlLength: number;
}

/** How much of the text and of the HTML of one mail is kept, UTF-16 units. */
export const decodedLimits = { plain: 1_000_000, html: 1_000_000 };

/** Text that a program reads and no person: a file also where nobody calls it one. */
const textOfPrograms =
  /^text\/(?:calendar|csv|tab-separated-values|(?:x-)?vcard|directory|rtf|xml|css|javascript|(?:x-)?amp-html|watch-html|rfc822-headers)$/;

/** Throws, with a sentence, where the message is nested deeper or has more header bytes than any mail program makes. */
export function parseMime(raw: Uint8Array): ParsedMime {
  const { fields, parts } = mimeTree(raw);
  const { files, ...bodies } = bodiesAndFiles(parts);
  return { fields, ...bodies, files: files.map(filePart) };
}

/** The same of the parts of a message, with files as they are encoded. */
export function bodiesAndFiles(
  parts: readonly MimePart[],
): Omit<ParsedMime, 'fields' | 'files'> & { files: MimePart[] } {
  const bodies = new Map<unknown, BodyPart>();
  const files: MimePart[] = [];
  const lengths = { plain: 0, html: 0 };
  for (const part of parts) {
    const kind = bodyKind(part);
    if (kind === null || isFile(part, bodies.size === 0)) {
      files.push(part);
      continue;
    }
    const text = bodyText(part, kind);
    const size = kind === 'html' ? 'html' : 'plain';
    const kept = text.slice(0, Math.max(0, decodedLimits[size] - lengths[size]));
    lengths[size] += text.length;
    const selector = part.alternative ?? part;
    const body = bodies.get(selector) ?? { plain: '', html: '', other: '' };
    body[kind] += body[kind] === '' ? kept : `\n${kept}`;
    bodies.set(selector, body);
  }
  return { bodies: [...bodies.values()], files, plainLength: lengths.plain, htmlLength: lengths.html };
}

/** How a part is read where it is text; null for what is none. A type that is no type is plain text (RFC 2045 5.2). */
function bodyKind(part: MimePart): keyof BodyPart | null {
  const [type = ''] = part.type.split(/\s/);
  if (type === 'text/html') return 'html';
  if (type === 'text/plain' || !type.includes('/')) return 'plain';
  return type.startsWith('text/') && !textOfPrograms.test(type) ? 'other' : null;
}

/** Whether the sender gave text as a file. Some programs name the body itself, so a name alone is no sign there. */
function isFile(part: MimePart, isFirst: boolean): boolean {
  if (part.disposition === 'attachment') return true;
  const isNamed = nameOf(part) !== '';
  return isNamed && (part.disposition !== '' || !isFirst || !part.type.startsWith('text/'));
}

/** The name that the sender gave a part; empty for none. */
export function nameOf({ dispositionParams, typeParams }: MimePart): string {
  return dispositionParams.get('filename') || typeParams.get('name') || '';
}

function filePart(part: MimePart): FilePart {
  const { content, name } = decodedBody(part.body, part.encoding, false);
  return {
    filename: nameOf(part) || name,
    type: part.type,
    contentId: part.contentId,
    content,
  };
}

function bodyText(part: MimePart, kind: keyof BodyPart): string {
  const { content } = decodedBody(part.body, part.encoding, true);
  const declared = part.typeParams.get('charset') ?? null;
  if (kind === 'html') {
    const says = charsetOf(declared).kind !== 'guess';
    return decodeText(content, says ? declared : metaCharset(content));
  }
  const text = decodeText(content, declared, { utf7: true });
  if (/^text\/(?:enriched|richtext)$/.test(part.type)) return richText(text);
  const isFlowed = /^flowed$/i.test(part.typeParams.get('format') ?? '');
  return isFlowed ? unflowed(text, /^yes$/i.test(part.typeParams.get('delsp') ?? '')) : text;
}
