/** Reads the headers that admission and the threading rules look at. Never sees the body. */
import { type MailSummary, messageIdField } from '@tinyfat/core';
import { contentField } from '../mime/content-field.ts';
import { headerText } from '../mime/encoded-words.ts';
import { countField } from '../mime/header-block.ts';
import { allValues, firstValue, headerFields } from '../mime/header-fields.ts';
import { mailboxesIn } from '../mime/mailboxes.ts';
import { automaticSigns } from './automatic.ts';
import { readFrom } from './from-field.ts';
import { perhapsAutomaticSigns } from './perhaps-automatic.ts';

/** Summary of one header section. */
export function summarize(block: Uint8Array, envelopeSender: string): MailSummary {
  const headers = headerFields(block);
  const first = (name: string) => firstValue(headers, name) ?? '';
  const mailboxes = (name: string) => allValues(headers, name).flatMap(mailboxesIn);
  // Raw bytes that are not UTF-8 are mostly in the charset of the body.
  const charset = contentField(first('content-type')).params.get('charset') ?? null;
  const subject = headerText(first('subject'), charset);
  const date = Date.parse(first('date'));
  // Daemons write a From that names nobody, so a sign is looked for in whatever address stands first.
  const fromAddress = mailboxes('from')[0]?.address ?? '';
  const signs = { headers, envelopeSender, fromAddress, subject };
  return {
    from: readFrom(block),
    to: mailboxes('to'),
    cc: mailboxes('cc'),
    subject: subject.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim(),
    date: Number.isNaN(date) ? null : date,
    messageId: messageIds(first('message-id'))[0] ?? null,
    inReplyTo: messageIds(first('in-reply-to'))[0] ?? null,
    references: messageIds(first('references')),
    fieldCounts: {
      to: countField(block, 'to'),
      cc: countField(block, 'cc'),
      date: countField(block, 'date'),
    },
    automatic: automaticSigns(signs),
    perhapsAutomatic: perhapsAutomaticSigns(signs),
  };
}

/** Message ids with their angle brackets (RFC 5322 section 3.6.4); some programs write long ones as encoded words. */
function messageIds(value: string): string[] {
  return messageIdField(headerText(value));
}
