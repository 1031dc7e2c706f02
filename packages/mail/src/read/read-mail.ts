/** The readable content of one raw message; runs in a worker thread. */
import type { MailAttachment, ReadMail } from '../contract.ts';
import { prescan } from '../inspect/prescan.ts';
import { loading } from '../workers/loading.ts';
import { mailboxesIn } from './address-names.ts';
import { isoDate } from './header-date.ts';
import { firstValue } from './header-values.ts';
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
  const values = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const html = bodies.map((body) => body.html).join('\n');
  const { attachments, images } = await attached(parsed, html);
  return {
    ok: true,
    content: {
      to: values('to').flatMap(mailboxesIn),
      cc: values('cc').flatMap(mailboxesIn),
      date: isoDate(firstValue(fields, 'date') ?? ''),
      ...(await readText(parsed, { plain, images })),
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
