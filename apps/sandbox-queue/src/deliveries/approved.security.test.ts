/** What somebody approved is sent, and nothing else: not other bytes, not to other people. */
import { approvalDigest, type MailTransport } from '@tinyfat/core';
import { approvalRecords, approveDelivery, deliveryById, mailById } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { startSender } from './sender.ts';

const PEOPLE = ['ann@example.com', 'eve@else.example'];
const RAW = new TextEncoder().encode('Subject: x\r\n\r\nas it was read\r\n');

describe('a mail that was approved', () => {
  let outbox: Outbox;
  const handedOver: { recipients: readonly string[]; raw: string }[] = [];
  const transport: MailTransport = {
    name: 'smtp',
    idempotent: false,
    async send({ recipients }, raw) {
      handedOver.push({ recipients, raw: new TextDecoder().decode(raw) });
      return { state: 'sent', providerId: null, recipientsRefused: [] };
    },
    close: async () => {},
  };
  beforeEach(async () => {
    handedOver.length = 0;
    outbox = await openOutbox();
    await outbox.mail('reply', { state: 'awaiting_approval' });
    const held = { state: 'awaiting_approval' as const, attempts: 0, sent_at: null };
    const row = await outbox.delivery('reply', { ...held, recipients: JSON.stringify(PEOPLE) });
    await outbox.deps.rawMail.put(row.raw_key, RAW);
    const digest = await approvalDigest({
      deliveryId: row.id,
      envelopeSender: row.envelope_sender,
      recipients: PEOPLE,
      raw: RAW,
    });
    const seen = { ...row, recipients: JSON.stringify(PEOPLE) };
    const by = { address: 'owner@example.com', via: 'session' as const };
    expect(await approveDelivery(outbox.db, seen, { by, at: 1, digest })).toBe(true);
  });
  afterEach(() => outbox.close());

  const ID = '00000000-delivery-1';
  async function settled(state: string): Promise<void> {
    const sender = startSender({ ...outbox.deps, transport });
    try {
      await vi.waitFor(
        async () => expect(await deliveryById(outbox.db, ID)).toMatchObject({ state, filed: 1 }),
        { timeout: 10_000, interval: 5 },
      );
    } finally {
      await sender.stop(1000);
    }
  }

  it('leaves as it was read', async () => {
    await settled('sent');
    expect(handedOver).toEqual([{ recipients: PEOPLE, raw: new TextDecoder().decode(RAW) }]);
    expect((await mailById(outbox.db, 'reply'))?.state).toBe('replied');
  });

  it.each([
    [
      'other bytes',
      () => outbox.deps.rawMail.put(ID, new TextEncoder().encode('Subject: x\r\n\r\nchanged\r\n')),
    ],
    [
      'somebody more in its envelope',
      async () => {
        const recipients = JSON.stringify([...PEOPLE, 'mallory@evil.example']);
        await outbox.db.updateTable('deliveries').set({ recipients }).execute();
      },
    ],
  ])('does not leave with %s: it waits again, and the record says so', async (_, change) => {
    await change();
    await settled('awaiting_approval');
    expect(handedOver).toEqual([]);
    expect(await deliveryById(outbox.db, ID)).toMatchObject({
      reason_code: 'approval_void',
      approved_digest: null,
      doubt_since: null,
      attempts: 0,
    });
    expect((await approvalRecords(outbox.db, ID, 10)).map(({ action, via }) => [action, via])).toEqual([
      ['voided', 'host'],
      ['approved', 'session'],
    ]);
    expect((await mailById(outbox.db, 'reply'))?.state).toBe('awaiting_approval');
  });
});
