/** The readable content of one raw message; runs in a worker thread. */
import type { MailAttachment, ReadMail } from '../contract.ts';
import { prescan } from '../inspect/prescan.ts';
import { flatten } from '../inspect/summarize.ts';
import { loading } from '../workers/loading.ts';
import type { ParsedMime } from './parse-mime.ts';
import { parseMime } from './parse-mime.ts';
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
    parsed = await parseMime(raw);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
  }
  const { email, bodies } = parsed;
  const html = bodies.map((body) => body.html).join('\n');
  const { attachments, images } = await attached(parsed, html);
  return {
    ok: true,
    content: {
      to: flatten(email.to ?? []),
      cc: flatten(email.cc ?? []),
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
async function attached({ email }: ParsedMime, html: string): Promise<Attached> {
  if (email.attachments.length === 0) return { attachments: [], images: new Map() };
  const { inlineImageNames, readAttachments } = await loading(() => import('./attachments.ts'));
  const attachments = await readAttachments(email.attachments, html);
  return { attachments, images: inlineImageNames(attachments) };
}
