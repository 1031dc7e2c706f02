/** The parts of a message: as a list for a person, and one of them as a file. */
import { safeFileNames } from '@tinyfat/core';
import type { MailPart, Viewed, ViewedPart } from '../contract/mail-view.ts';
import type { MimePart, Multipart } from '../mime/mime-tree.ts';
import { decodedBody, decodedLength } from '../mime/transfer-encoding.ts';
import { nameOf } from '../read/parse-mime.ts';
import { openMessage } from './open-message.ts';

/** Parts that are listed. */
const mostParts = 200;
const longestType = 100;

/** Multiparts and parts in order, each multipart before its parts; `cut` where there are more. */
export function viewParts(parts: readonly MimePart[]): { parts: ViewedPart[]; cut: boolean } {
  const listed: ViewedPart[] = [];
  const seen = new Set<Multipart>();
  const names = namesOf(parts);
  for (const [index, part] of parts.slice(0, mostParts).entries()) {
    for (const [depth, around] of part.within.entries()) {
      if (seen.has(around)) continue;
      seen.add(around);
      const type = shortText(around.type);
      listed.push({ number: null, depth, type, filename: null, disposition: '', bytes: null });
    }
    listed.push({
      number: index + 1,
      depth: part.within.length,
      type: shortText(part.type),
      filename: nameOf(part) === '' ? null : (names[index] ?? null),
      disposition: shortText(part.disposition),
      bytes: decodedLength(part.body, part.encoding, 0),
    });
  }
  return { parts: listed, cut: parts.length > mostParts };
}

/** The part of that number, decoded. */
export function viewPart(raw: Uint8Array, number: number): Viewed<MailPart> {
  const message = openMessage(raw);
  if (!message.ok) return message;
  const part = message.answer.parts[number - 1];
  const filename = namesOf(message.answer.parts.slice(0, number))[number - 1];
  if (part === undefined || filename === undefined) {
    return { ok: false, code: 'no_such_part', reason: `The mail has no part ${number}.` };
  }
  // Off the message's bytes: what is handed to another thread takes its whole buffer along.
  const content = new Uint8Array(decodedBody(part.body, part.encoding, false).content);
  return { ok: true, answer: { filename, content } };
}

/** The names that parts are stored under. */
function namesOf(parts: readonly MimePart[]): string[] {
  return safeFileNames(
    parts.map((part) => ({ filename: nameOf(part) || null, contentType: shortText(part.type) })),
  );
}

/** What is declared of a part: one word of printable ASCII. */
function shortText(text: string): string {
  return text
    .replace(/[^!-~]+/g, ' ')
    .trim()
    .slice(0, longestType);
}
