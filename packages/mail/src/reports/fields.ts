/**
 * Fields in the syntax of RFC 5322 within a text, as reports use it for more than headers (RFC 3464 section 2.1). Takes
 * what software in the field gets wrong: lines that are continued without being indented, blanks before the colon, blank
 * lines of white space.
 */
import { printableAscii } from '@tinyfat/core';
import type { HeaderField } from '../mime/header-fields.ts';

/** How much of a report is looked at; a bounce of one delivery needs a small part of it. */
export const reportLimits = {
  recipients: 100,
  messageIds: 20,
  /** Parts of the top level. */
  parts: 50,
  /** Parts that hold a delivery status. */
  statusParts: 10,
  /** Decoded bytes of one part. */
  partBytes: 256 * 1024,
  /** Characters of one field that is searched for addresses or ids. */
  fieldLength: 32 * 1024,
  /** Characters of a diagnostic that are stored. */
  diagnosticLength: 300,
};

const FIELD = /^([!-9;-~]{1,100})[ \t]*:(.*)$/s;

/** All fields in order, whatever blank lines stand between them. */
export function textFields(text: string): HeaderField[] {
  return fieldParagraphs(text).flat();
}

/** The fields of each paragraph that has any; the paragraphs of a delivery status are its recipients. */
export function fieldParagraphs(text: string): HeaderField[][] {
  const paragraphs: { name: string; lines: string[] }[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    const paragraph = paragraphs.at(-1) ?? [];
    const [, name, value] = FIELD.exec(line) ?? [];
    // A line of blanks ends a paragraph, but for one that is the fold of a field without a value.
    if (line !== '' && line.trim() === '' && paragraph.at(-1)?.lines.join('').trim() === '') continue;
    if (line.trim() === '') paragraphs.push([]);
    else if (name !== undefined) paragraph.push({ name: name.toLowerCase(), lines: [value ?? ''] });
    else paragraph.at(-1)?.lines.push(line);
  }
  return paragraphs
    .filter((paragraph) => paragraph.length > 0)
    .map((paragraph) =>
      paragraph.map(({ name, lines }) => ({ name, value: lines.map((line) => line.trim()).join(' ') })),
    );
}

/** One line of printable ASCII for people and logs, cut to the length; everything else becomes `?`. */
export function printableLine(text: string, length: number): string {
  const line = text.slice(0, length * 4).replace(/\s+/g, ' ');
  return printableAscii(line.trim(), length).trim();
}
