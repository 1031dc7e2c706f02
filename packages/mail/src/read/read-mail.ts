/** The readable content of one raw message; runs in a worker thread. */
import PostalMime, { type Attachment, type Email } from 'postal-mime';
import type { MailAttachment, ReadMail } from '../contract.ts';
import { prescan } from '../inspect/prescan.ts';
import { flatten } from '../inspect/summarize.ts';
import { capText, cleanText, trimBlankLines } from './clean-text.ts';
import type { SplitText } from './split-quoted.ts';

/**
 * Text, quoted text and attachments. `plain` leaves out everything clever (quote splitting, HTML parsing):
 * for a message on which that took too long.
 */
export async function readMail(raw: Uint8Array, plain: boolean): Promise<ReadMail> {
  const refusal = prescan(raw);
  if (refusal !== null) return refusal;
  let email: Email;
  try {
    email = await PostalMime.parse(raw, {
      forceRfc822Attachments: true,
      maxNestingDepth: 50,
      maxHeadersSize: 1024 * 1024,
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
  }
  const html = email.html ?? '';
  const { text, quoted } = await bodyText(email.text ?? '', html, plain);
  return {
    ok: true,
    content: {
      to: flatten(email.to ?? []),
      cc: flatten(email.cc ?? []),
      text,
      quoted,
      attachments: email.attachments.map((part) => attachment(part, html)),
    },
  };
}

/** The sender's own plain text where there is any, else what the HTML says. */
async function bodyText(plainText: string, html: string, plain: boolean): Promise<SplitText> {
  const own = cleanText(plainText);
  if (own.trim() !== '' || html.trim() === '') return split(own, plain);
  const body = await import('./html-body.ts');
  if (plain) return split(cleanText(body.withoutTags(html)), plain);
  const parts = body.htmlToText(html);
  const above = await split(cleanText(parts.text), plain);
  const below = capText(cleanText(parts.quoted));
  const quoted = [above.quoted, trimBlankLines(below.text) + below.note].filter((part) => part !== '');
  return { text: above.text, quoted: quoted.join('\n\n') };
}

/** What was cut is said at the end of what came last in the mail. */
async function split(whole: string, plain: boolean): Promise<SplitText> {
  const { text, note } = capText(whole);
  if (plain || text.trim() === '') return { text: trimBlankLines(text) + note, quoted: '' };
  const { splitQuoted } = await import('./split-quoted.ts');
  const parts = splitQuoted(text);
  if (parts.quoted === '') return { text: parts.text + note, quoted: '' };
  return { text: parts.text, quoted: parts.quoted + note };
}

function attachment(part: Attachment, html: string): MailAttachment {
  const contentId = part.contentId?.trim().replace(/^<|>$/g, '') ?? null;
  const shown = contentId !== null && contentId !== '' && html.includes(`cid:${contentId}`);
  return {
    filename: part.filename,
    contentType: part.mimeType,
    disposition: shown && part.mimeType.startsWith('image/') ? 'inline' : 'attachment',
    contentId: contentId === '' ? null : contentId,
    content: bytesOf(part.content),
  };
}

function bytesOf(content: Attachment['content']): Uint8Array {
  if (typeof content === 'string') return new TextEncoder().encode(content);
  return content instanceof Uint8Array ? content : new Uint8Array(content);
}
