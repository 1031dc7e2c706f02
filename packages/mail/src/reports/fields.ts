/**
 * Fields in the syntax of RFC 5322, as reports use it for more than headers (RFC 3464 section 2.1). Takes what
 * software in the field gets wrong: lines that are continued without being indented, blanks before the colon,
 * blank lines of white space.
 */
import { printableAscii } from '@tinyfat/core';
import type { HeaderField } from '../inspect/automatic.ts';

const FIELD = /^([!-9;-~]{1,100})[ \t]*:(.*)$/s;

/** All fields in order, whatever blank lines stand between them. */
export function readFields(text: string): HeaderField[] {
  return readParagraphs(text).flat();
}

/** The fields of each paragraph that has any; the paragraphs of a delivery status are its recipients. */
export function readParagraphs(text: string): HeaderField[][] {
  const paragraphs: { key: string; lines: string[] }[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    const paragraph = paragraphs.at(-1) ?? [];
    const [, key, value] = FIELD.exec(line) ?? [];
    // A line of blanks ends a paragraph, but for one that is the fold of a field without a value.
    if (line !== '' && line.trim() === '' && paragraph.at(-1)?.lines.join('').trim() === '') continue;
    if (line.trim() === '') paragraphs.push([]);
    else if (key !== undefined) paragraph.push({ key: key.toLowerCase(), lines: [value ?? ''] });
    else paragraph.at(-1)?.lines.push(line);
  }
  return paragraphs
    .filter((paragraph) => paragraph.length > 0)
    .map((paragraph) => paragraph.map(({ key, lines }) => ({ key, value: unfold(lines) })));
}

/** The values of all fields of that name (lower case). */
export function allValues(fields: readonly HeaderField[], key: string): string[] {
  return fields.filter((field) => field.key === key).map((field) => field.value);
}

/** The value of the first field of that name: where a field is doubled, the first one counts. */
export function firstValue(fields: readonly HeaderField[], key: string): string | null {
  return fields.find((field) => field.key === key)?.value ?? null;
}

/** One line of printable ASCII for people and logs, cut to the length; everything else becomes `?`. */
export function printableLine(text: string, length: number): string {
  const line = text.slice(0, length * 4).replace(/\s+/g, ' ');
  return printableAscii(line.trim(), length).trim();
}

function unfold(lines: readonly string[]): string {
  return lines.map((line) => line.trim()).join(' ');
}
