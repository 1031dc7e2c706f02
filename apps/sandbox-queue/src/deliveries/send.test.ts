/** What the provider says to a delivery, and what becomes of its row, its mail and its recipients. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MailTransport, SendOutcome } from '@tinyfat/core';
import {
  applyReport,
  deliveryById,
  listSuppressed,
  mailById,
  type NewDelivery,
  requeueDelivery,
} from '@tinyfat/database';
import { maildir } from '@tinyfat/mail/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { startSender } from './sender.ts';

const ann = 'ann@example.com';
const bob = 'bob@example.com';
const raw = new TextEncoder().encode('Subject: x\r\n\r\nhello\r\n');
const gone = '550 5.1.1 No such user';

describe('sending', () => {
  let outbox: Outbox;
  let delivery: NewDelivery;
  let stop: (() => Promise<void>) | null = null;
  beforeEach(async () => {
    outbox = await openOutbox();
    await outbox.mail('reply');
    outbox.write('email', 'reply.json', '{"body":"Pong."}');
    const waiting = { state: 'pending' as const, attempts: 0, sent_at: null, filed: 0 };
    delivery = await outbox.delivery('reply', { ...waiting, recipients: JSON.stringify([ann, bob]) });
    await outbox.deps.rawMail.put(delivery.raw_key, raw);
  });
  afterEach(async () => {
    await stop?.();
    stop = null;
    await outbox.close();
  });

  async function sendWith(transport: MailTransport) {
    const sender = startSender({ ...outbox.deps, transport });
    stop = () => sender.stop(1000);
    return sender;
  }
  const saying = (say: () => Promise<SendOutcome>): MailTransport => ({
    name: 'smtp',
    idempotent: false,
    send: say,
    close: async () => {},
  });
  const filed = (state: string) =>
    vi.waitFor(
      async () => expect(await deliveryById(outbox.db, delivery.id)).toMatchObject({ state, filed: 1 }),
      { timeout: 10_000, interval: 5 },
    );
  const suppressed = async () =>
    (await listSuppressed(outbox.db, 'scout')).map(({ address, code, reason, delivery_id }) => [
      address,
      code,
      reason,
      delivery_id,
    ]);
  const comesBack = () => {
    const recipients = [{ addresses: [ann], action: 'failed' as const, status: '5.1.1', diagnostic: '' }];
    const report = { kind: 'delivery' as const, recipients, messageIds: [delivery.message_id] };
    return outbox.db.transaction().execute((tx) => applyReport(tx, { agentId: 'scout', report, now: 7 }));
  };

  it('suppresses whom the relay refused as unknown, though others were accepted', async () => {
    const recipientsRefused = [{ address: ann, reason: gone }];
    await sendWith(saying(async () => ({ state: 'sent', providerId: null, recipientsRefused })));
    await filed('sent');
    expect(await suppressed()).toEqual([[ann, 'bounced', gone, delivery.id]]);
    expect(await mailById(outbox.db, 'reply')).toMatchObject({ state: 'replied' });
  });

  it('suppresses them when all were refused, and nobody who was refused for something else', async () => {
    const recipientsRefused = [
      { address: ann, reason: '550 5.7.1 Spam' },
      { address: bob, reason: gone },
    ];
    await sendWith(saying(async () => ({ state: 'permanent', reason: 'All refused', recipientsRefused })));
    await filed('failed');
    expect(await suppressed()).toEqual([[bob, 'bounced', gone, delivery.id]]);
    expect(await mailById(outbox.db, 'reply')).toMatchObject({ state: 'failed' });
  });

  it('suppresses nobody for a refusal of the mail itself', async () => {
    await sendWith(saying(async () => ({ state: 'permanent', reason: gone })));
    await filed('failed');
    expect(await suppressed()).toEqual([]);
  });

  it('keeps the report of a mail that came back before the relay had answered', async () => {
    await sendWith(
      saying(async () => {
        await comesBack();
        return { state: 'sent', providerId: null, recipientsRefused: [] };
      }),
    );
    await filed('bounced');
    expect(await mailById(outbox.db, 'reply')).toMatchObject({ state: 'failed' });
    expect([outbox.names('sent'), outbox.names('failed')]).toEqual([[], ['reply.json']]);
  });

  it('sends a mail that came back once more, also through a provider that folds repeats', async () => {
    const folder = join(outbox.folder, 'mailbox');
    const sender = await sendWith(maildir({ folder, clock: outbox.deps.clock, hostname: 'host' }));
    await filed('sent');
    await comesBack();
    expect(await requeueDelivery(outbox.db, delivery.id, ['bounced'], 1)).toBe(true);
    sender.wake();
    await filed('sent');
    expect(readdirSync(join(folder, 'new'))).toHaveLength(2);
    expect(outbox.names('sent')).toEqual(['reply.json']);
    expect(outbox.names('failed')).toEqual([]);
  });
});
