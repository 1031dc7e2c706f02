/** A message that `compose` made, taken apart again: what it says is what leaves. */
import { messageIdField } from '@tinyfat/core';
import type { ReadComposed } from '../contract/mail.ts';
import { headerText } from '../mime/encoded-words.ts';
import { firstValue } from '../mime/header-fields.ts';
import { mailboxesIn } from '../mime/mailboxes.ts';
import { prescan } from '../mime/prescan.ts';
import { type ParsedMime, parseMime } from './parse-mime.ts';

/** Composed anew from this and unchanged, a message says the same. Any other message is read as far as it can be. */
export async function readComposed(raw: Uint8Array): Promise<ReadComposed> {
  const refusal = prescan(raw);
  if (refusal !== null) return refusal;
  let parsed: ParsedMime;
  try {
    parsed = parseMime(raw);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
  }
  const { fields, bodies, files } = parsed;
  const first = (name: string) => firstValue(fields, name) ?? '';
  const ids = (name: string) => messageIdField(headerText(first(name)));
  const [from = { address: '', name: '' }] = mailboxesIn(first('from'));
  const text = bodies.map((body) => body.plain).join('\n');
  return {
    ok: true,
    mail: {
      from,
      to: mailboxesIn(first('to')),
      cc: mailboxesIn(first('cc')),
      replyTo: mailboxesIn(first('reply-to'))[0] ?? null,
      subject: headerText(first('subject')).replace(/[\x00-\x1f\x7f-\x9f]+/g, ' '),
      inReplyTo: ids('in-reply-to')[0] ?? null,
      references: ids('references'),
      autoSubmitted: first('auto-submitted') === 'auto-replied' ? 'auto-replied' : 'auto-generated',
      text: text.replaceAll('\r\n', '\n').replace(/\n$/, ''),
      html: bodies.map((body) => body.html).join('\n'),
      attachments: files.map(({ filename, type, content }, index) => ({
        filename: filename ?? `attachment-${index + 1}`,
        contentType: type,
        content,
      })),
    },
  };
}
