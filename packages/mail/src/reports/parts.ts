/**
 * The top level of a message and nothing below it: a report that stands deeper is one that somebody sent on,
 * and says nothing about us. Work is bounded by the bytes; only what is asked for is decoded.
 */
import { contentField } from '../mime/content-field.ts';
import { headerBlock } from '../mime/header-block.ts';
import { firstValue, type HeaderField, headerFields } from '../mime/header-fields.ts';
import { type MimePart, mimeTree } from '../mime/mime-tree.ts';
import { decodedBody } from '../mime/transfer-encoding.ts';
import { reportLimits } from './fields.ts';

export interface TopLevel {
  /** The header section of the message. */
  fields: HeaderField[];
  /** Lower case, for example `multipart/report`. */
  type: string;
  /** The parts of a multipart, or the message itself. */
  parts: MimePart[];
}

/** Throws where `mimeTree` does. */
export function topLevel(raw: Uint8Array): TopLevel {
  const { fields, parts } = mimeTree(raw);
  const type = contentField(firstValue(fields, 'content-type') ?? '').value;
  const depth = type.startsWith('multipart/') ? 1 : 0;
  return {
    fields,
    type,
    parts: parts.filter((part) => part.within.length === depth).slice(0, reportLimits.parts),
  };
}

/** The content as text, cut to what is looked at. UTF-8 (RFC 6533); bytes that are not become U+FFFD. */
export function textOf(part: MimePart): string {
  return new TextDecoder().decode(contentOf(part));
}

/** The fields of the header section of a message that is the content of this part; never those of its body. */
export function embeddedHeader(part: MimePart): HeaderField[] {
  return headerFields(headerBlock(contentOf(part)));
}

function contentOf({ body, encoding }: MimePart): Uint8Array {
  // Encodings take at most three bytes for one; line ends come on top.
  const limit = reportLimits.partBytes;
  return decodedBody(body.subarray(0, limit * 4), encoding, true).content.subarray(0, limit);
}
