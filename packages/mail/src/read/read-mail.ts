/** The readable content of one raw message; runs in a worker thread. */
import type { MailAttachment, ReadMail } from '../contract.ts';
import { prescan } from '../inspect/prescan.ts';
import { loading } from '../workers/loading.ts';
import { mailboxesIn } from './address-names.ts';
import { capText, cleanText, trimBlankLines } from './clean-text.ts';
import { isoDate } from './header-date.ts';
import { firstValue } from './header-values.ts';
import { type BodyPart, keptText, type ParsedMime, parseMime } from './parse-mime.ts';
import type { SplitText } from './split-quoted.ts';
import { isStub, mayBeStub } from './stub-text.ts';

/**
 * Text, quoted text and attachments. `plain` leaves out everything clever (quote splitting, HTML parsing):
 * for a message on which that took too long.
 */
export async function readMail(raw: Uint8Array, plain: boolean): Promise<ReadMail> {
  const refusal = prescan(raw);
  if (refusal !== null) return refusal;
  let parsed: ParsedMime;
  try {
    parsed = parseMime(raw);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
  }
  const { fields, bodies } = parsed;
  const values = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const html = bodies.map((body) => body.html).join('\n');
  const { attachments, images } = await attached(parsed, html);
  const { text, quoted } = await readableText(parsed, { plain, images });
  return {
    ok: true,
    content: {
      to: values('to').flatMap(mailboxesIn),
      cc: values('cc').flatMap(mailboxesIn),
      date: isoDate(firstValue(fields, 'date') ?? ''),
      text,
      quoted,
      attachments,
    },
  };
}

interface Attached {
  attachments: MailAttachment[];
  /** File names of the inline images by Content-ID. */
  images: ReadonlyMap<string, string>;
}

/** Most mails have no attachments, and don't wait for what looks into files. */
async function attached({ files }: ParsedMime, html: string): Promise<Attached> {
  if (files.length === 0) return { attachments: [], images: new Map() };
  const { inlineImageNames, readAttachments } = await loading(() => import('./attachments.ts'));
  const attachments = await readAttachments(files, html);
  return { attachments, images: inlineImageNames(attachments) };
}

interface TextOptions {
  plain: boolean;
  images: Attached['images'];
}

/** All bodies one after the other; what the HTML marks as quote joins what the text does. */
async function readableText(parsed: ParsedMime, options: TextOptions): Promise<SplitText> {
  const { plain } = options;
  const bodies: SplitText[] = [];
  for (const body of parsed.bodies) bodies.push(await bodyText(body, options));
  const whole = bodies.map((body) => body.text).join('\n');
  const cut = parsed.plainLength > keptText.plain ? parsed.plainLength : whole.length;
  const above = await split(whole, cut, plain);
  const below = capText(
    bodies
      .map((body) => trimBlankLines(body.quoted))
      .join('\n\n')
      .trim(),
  );
  const quoted = [above.quoted, below.text + below.note].filter((part) => part !== '');
  const html = parsed.htmlLength > keptText.html ? parsed.htmlLength : 0;
  const note = html === 0 ? '' : `\n[Cut here: the HTML of this mail has ${html} characters.]`;
  return { text: above.text + note, quoted: quoted.join('\n\n') };
}

/** The sender's own plain text, but where it only stands in for the HTML; then that, then text of other kinds. */
async function bodyText(body: BodyPart, { plain, images }: TextOptions): Promise<SplitText> {
  const own = body.plain.trim() !== '' || body.html.trim() === '' ? body.plain : null;
  if (own !== null && (plain || !mayBeStub(body))) {
    return { text: cleanText(own.trim() === '' ? body.other : own), quoted: '' };
  }
  const { htmlToText, withoutTags } = await loading(() => import('./html-body.ts'));
  if (plain) return { text: cleanText(withoutTags(body.html)), quoted: '' };
  const { text, quoted } = htmlToText(body.html, images);
  if (own !== null && !isStub(own, text)) return { text: cleanText(own), quoted: '' };
  return { text: cleanText(text), quoted: cleanText(quoted) };
}

/** What was cut is said at the end of what came last in the mail. */
async function split(whole: string, length: number, plain: boolean): Promise<SplitText> {
  const { text, note } = capText(whole, length);
  if (plain || text.trim() === '') return { text: trimBlankLines(text) + note, quoted: '' };
  const { splitQuoted } = await loading(() => import('./split-quoted.ts'));
  const parts = splitQuoted(text);
  if (parts.quoted === '') return { text: parts.text + note, quoted: '' };
  return { text: parts.text, quoted: parts.quoted + note };
}
