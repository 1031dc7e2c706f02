/** Mail of an agent that awaits approval, composed as the consumer composes it; for tests. */
import type { Delivery, NewDelivery } from '@tinyfat/database';
import type { OutgoingMail } from '@tinyfat/mail';
import { ANN, type ApiFixture } from './api.ts';

export const EVE = 'eve@else.example';
const FOOTER = '[scout:b0a2 | ↑38 ↓5.0k | claude-haiku-4-5]';

/** Ann's agent `scout` with her mail `m-1`, and the answer `d-1` to her and a stranger, with a file. */
export async function addHeld(
  api: ApiFixture,
  change: { id?: string; mail?: Partial<OutgoingMail>; row?: Partial<NewDelivery> } = {},
): Promise<void> {
  const { id = 'd-1' } = change;
  const mail: OutgoingMail = {
    messageId: `<${id}@agents.example.org>`,
    from: { address: 'scout@agents.example.org', name: 'scout' },
    to: [{ address: ANN, name: 'Ann' }],
    cc: [{ address: EVE, name: '' }],
    replyTo: null,
    subject: 'Re: Hello',
    date: api.now,
    inReplyTo: '<m-1@example.com>',
    references: ['<a@example.com>', '<m-1@example.com>'],
    body: '**Done.**\n\n> what you asked',
    footer: FOOTER,
    autoSubmitted: 'auto-replied',
    attachments: [{ filename: 'a.txt', contentType: null, content: new TextEncoder().encode('of the file') }],
    ...change.mail,
  };
  const composed = await api.deps.composer.compose(mail);
  if (!composed.ok) throw new Error(composed.reason);
  await api.addDelivery(id, 'm-1', {
    state: 'awaiting_approval',
    subject: mail.subject,
    recipients: JSON.stringify([...mail.to, ...mail.cc].map(({ address }) => address)),
    reason_code: 'recipients_not_allowed',
    reason: `The mail goes to ${EVE}.`,
    sent_at: null,
    ...change.row,
  });
  await api.rawMail.put(`out-${id}`, composed.raw);
}

/** The row as it is. */
export async function rowOf(api: ApiFixture, id = 'd-1'): Promise<Delivery> {
  return await api.db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The stored message of a delivery, as text. */
export async function storedText(api: ApiFixture, id = 'd-1'): Promise<string> {
  return Buffer.from(await api.rawMail.get((await rowOf(api, id)).raw_key)).toString('latin1');
}
