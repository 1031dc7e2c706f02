/** Headers, text and parts of one raw message, within bounds. */
import type { MailView, Viewed } from '../contract/mail-view.ts';
import type { MimePart } from '../mime/mime-tree.ts';
import { textLimit } from '../read/clean-text.ts';
import { bodiesAndFiles } from '../read/parse-mime.ts';
import { bodyLines } from '../read/read-text.ts';
import { openMessage } from './open-message.ts';
import { viewHeaders } from './view-headers.ts';
import { viewParts } from './view-parts.ts';

/** What can be read of the message without its HTML. May take long on hostile input: call it under a deadline. */
export function viewMail(raw: Uint8Array): Viewed<MailView> {
  const message = openMessage(raw);
  if (!message.ok) return message;
  const { headers, cut: headersCut } = viewHeaders(message.answer.fields);
  const { parts, cut: partsCut } = viewParts(message.answer.parts);
  const { text, cut: textCut } = viewText(message.answer.parts);
  return { ok: true, answer: { headers, headersCut, text, textCut, parts, partsCut } };
}

function viewText(parts: readonly MimePart[]): { text: string; cut: boolean } {
  const { bodies } = bodiesAndFiles(parts);
  const read = bodies.map((body) => bodyLines(body, { plain: false, images: new Map() }));
  const whole = read.map(({ lines }) => lines.map((line) => line.text).join('\n')).join('\n\n');
  const text = whole.slice(0, textLimit).toWellFormed();
  return { text, cut: text.length < whole.length || read.some(({ cut }) => cut) };
}
