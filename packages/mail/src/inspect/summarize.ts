/** Reads the headers that the door and the threading rules look at. Never sees the body. */
import { type HeaderAddress, type MailSummary, messageIdField } from '@tinyfat/core';
import PostalMime, { type Address, addressParser } from 'postal-mime';
import { contentField } from '../mime/content-field.ts';
import { headerText } from '../mime/encoded-words.ts';
import { countField } from '../mime/header-block.ts';
import { firstValue, headerValues } from '../mime/header-values.ts';
import { automaticSigns } from './automatic.ts';
import { readFrom } from './from-field.ts';
import { perhapsAutomaticSigns } from './perhaps-automatic.ts';

/** Summary of one header section; throws where postal-mime cannot read it. */
export async function summarize(block: Uint8Array, envelopeSender: string): Promise<MailSummary> {
  const email = await PostalMime.parse(block, { maxNestingDepth: 1, maxHeadersSize: block.length + 1 });
  const headers = email.headers;
  const first = (key: string) => headers.find((header) => header.key === key)?.value ?? '';
  const mailboxes = (key: string) =>
    headers.filter((header) => header.key === key).flatMap((header) => flatten(addressParser(header.value)));
  const from = readFrom(block);
  const subject = subjectOf(block);
  const date = Date.parse(first('date'));
  // Daemons write a From that names nobody, so a sign is looked for in whatever address stands first.
  const fromAddress = mailboxes('from')[0]?.address ?? '';
  const signs = { headers, envelopeSender, fromAddress, subject };
  return {
    from,
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

/** Raw bytes that are not UTF-8 are mostly in the charset of the body. */
function subjectOf(block: Uint8Array): string {
  const fields = headerValues(block);
  const { params } = contentField(firstValue(fields, 'content-type') ?? '');
  return headerText(firstValue(fields, 'subject') ?? '', params.get('charset') ?? null);
}

/** Message ids with their angle brackets (RFC 5322 section 3.6.4); some programs write long ones as encoded words. */
function messageIds(value: string): string[] {
  return messageIdField(value.includes('=?') ? headerText(value) : value);
}

/** Every mailbox of a header, the members of groups included. */
export function flatten(addresses: Address[]): HeaderAddress[] {
  return addresses.flatMap((entry) =>
    entry.group === undefined
      ? [{ address: entry.address, name: entry.name }]
      : entry.group.map((member) => ({ address: member.address, name: member.name })),
  );
}
