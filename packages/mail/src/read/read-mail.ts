/** The readable content of one raw message. */
import type { ReadMail } from '../contract/mail.ts';
import { allValues, firstValue } from '../mime/header-fields.ts';
import { mailboxesIn } from '../mime/mailboxes.ts';
import { prescan } from '../mime/prescan.ts';
import { inlineImageNames, readAttachments } from './attachments.ts';
import { isoDate } from './header-date.ts';
import { type ParsedMime, parseMime } from './parse-mime.ts';
import { readText } from './read-text.ts';

/**
 * Text, quoted and forwarded text, and attachments. `plain` does not look into HTML: for a message on which that took
 * too long.
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
  const html = bodies.map((body) => body.html).join('\n');
  const attachments = await readAttachments(parsed.files, html);
  const images = inlineImageNames(attachments);
  return {
    ok: true,
    content: {
      to: allValues(fields, 'to').flatMap(mailboxesIn),
      cc: allValues(fields, 'cc').flatMap(mailboxesIn),
      date: isoDate(firstValue(fields, 'date') ?? ''),
      ...readText(parsed, { plain, images }),
      attachments,
    },
  };
}
