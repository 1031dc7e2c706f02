import type { MailReport } from '@tinyfat/core';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliveryById, requeueDelivery } from './deliveries.ts';
import { mailById } from './mails.ts';
import { applyReport } from './reports.ts';
import type { DeliveryState } from './schema/index.ts';
import { listSuppressed } from './suppressions.ts';

const owner = 'owner@example.com';
const failed = (messageIds: string[], address = owner): MailReport => ({
  kind: 'delivery',
  recipients: [{ addresses: [address], action: 'failed', status: '5.1.1', diagnostic: 'No such user' }],
  messageIds,
});
const complaint = (messageIds: string[]): MailReport => ({
  kind: 'feedback',
  feedbackType: 'abuse',
  mailFrom: null,
  recipients: [owner],
  messageIds,
});

describe('a report on a delivery', () => {
  let fixture: SentMail;
  beforeEach(async () => {
    fixture = await openSentMail();
    await fixture.mail('m-1', { state: 'replied' });
  });
  afterEach(() => fixture.close());
  const apply = (report: MailReport, agentId = 'scout', now = 100) =>
    fixture.db.transaction().execute((tx) => applyReport(tx, { agentId, report, now }));

  it('adds to what others say of the same mail at the same moment', async () => {
    const people = Array.from({ length: 12 }, (_, at) => `p${at}@example.com`);
    const { id, message_id } = await fixture.delivery('m-1', { recipients: JSON.stringify(people) });
    await Promise.all(people.map((one) => apply(failed([message_id], one))));
    const reason = (await deliveryById(fixture.db, id))?.reason ?? '';
    expect(people.filter((one) => !reason.includes(`${one}: 5.1.1 No such user.`))).toEqual([]);
  });

  it('makes it bounced and unfiled, its mail failed, and its recipient suppressed', async () => {
    const { id, message_id } = await fixture.delivery('m-1');
    expect(await apply(failed([message_id]))).toEqual({
      deliveryId: id,
      changed: true,
      summary: 'owner@example.com: 5.1.1 No such user.',
    });
    expect(await deliveryById(fixture.db, id)).toMatchObject({
      state: 'bounced',
      reason_code: 'delivery_bounced',
      reason: 'owner@example.com: 5.1.1 No such user.',
      sent_at: 5,
      filed: 0,
    });
    expect(await mailById(fixture.db, 'm-1')).toMatchObject({
      state: 'failed',
      state_reason: 'The answer came back. owner@example.com: 5.1.1 No such user.',
    });
    expect(await listSuppressed(fixture.db, 'scout')).toEqual([
      {
        agent_id: 'scout',
        address: owner,
        code: 'bounced',
        reason: '5.1.1 No such user',
        delivery_id: id,
        created_at: 100,
      },
    ]);
  });

  it('that comes twice changes nothing the second time, not even what the owner undid', async () => {
    const { message_id } = await fixture.delivery('m-1');
    await apply(failed([message_id]));
    await fixture.db.deleteFrom('suppressed_recipients').execute();
    await fixture.db.updateTable('deliveries').set({ filed: 1 }).execute();
    expect(await apply(failed([message_id]), 'scout', 200)).toMatchObject({ changed: false });
    expect(await listSuppressed(fixture.db, null)).toEqual([]);
    expect(await fixture.db.selectFrom('deliveries').select('filed').execute()).toEqual([{ filed: 1 }]);
  });

  it.each<[DeliveryState, boolean]>([
    ['sending', true],
    ['sent', true],
    ['uncertain', true],
    ['bounced', true],
    ['pending', false],
    ['awaiting_approval', false],
    ['failed', false],
  ])('counts for one that is %s: %s', async (state, counts) => {
    const sent_at = state === 'sent' || state === 'bounced' ? 5 : null;
    const { id, message_id } = await fixture.delivery('m-1', { state, sent_at });
    expect((await apply(failed([message_id]))) !== null).toBe(counts);
    expect(await deliveryById(fixture.db, id)).toMatchObject(
      counts ? { state: 'bounced', sent_at: sent_at ?? 100 } : { state, sent_at, reason: null },
    );
  });

  it('leaves the mail as it is for anything but its answer, and files nothing of the host’s own', async () => {
    const news = await fixture.delivery('m-1', { kind: 'mail' });
    await apply(failed([news.message_id]));
    expect(await mailById(fixture.db, 'm-1')).toMatchObject({ state: 'replied' });
    await fixture.mail('m-2', { state: 'command' });
    const command = await fixture.delivery('m-2', { kind: 'command', source_file: null });
    await apply(failed([command.message_id]));
    expect(await deliveryById(fixture.db, command.id)).toMatchObject({ state: 'bounced', filed: 1 });
    expect(await mailById(fixture.db, 'm-2')).toMatchObject({ state: 'failed' });
  });

  it('that it is late is noted, and that is all', async () => {
    const { id, message_id } = await fixture.delivery('m-1');
    const recipients = [
      { addresses: [owner], action: 'delayed' as const, status: '4.4.1', diagnostic: 'No answer' },
    ];
    expect(await apply({ kind: 'delivery', recipients, messageIds: [message_id] })).toMatchObject({
      changed: true,
    });
    expect(await deliveryById(fixture.db, id)).toMatchObject({
      state: 'sent',
      reason_code: null,
      reason: 'owner@example.com: delayed, 4.4.1 No answer.',
      filed: 1,
    });
    expect(await mailById(fixture.db, 'm-1')).toMatchObject({ state: 'replied' });
    expect(await listSuppressed(fixture.db, null)).toEqual([]);
  });

  it('that somebody complained is noted, and suppresses them', async () => {
    const { id, message_id } = await fixture.delivery('m-1');
    expect(await apply(complaint([message_id]))).toMatchObject({ changed: true });
    expect(await deliveryById(fixture.db, id)).toMatchObject({ state: 'sent', filed: 1 });
    expect(await listSuppressed(fixture.db, 'scout')).toMatchObject([{ code: 'complained', address: owner }]);
    expect(await mailById(fixture.db, 'm-1')).toMatchObject({ state: 'replied' });
  });

  it('counts for the first id that is of a delivery to who is named', async () => {
    const first = await fixture.delivery('m-1', { recipients: '["ann@example.com"]' });
    const second = await fixture.delivery('m-1');
    const third = await fixture.delivery('m-1');
    const ids = ['<unknown@agents.test>', first.message_id, second.message_id, third.message_id];
    expect(await apply(failed(ids))).toMatchObject({ deliveryId: second.id });
    const bounced = fixture.db.selectFrom('deliveries').select('id').where('state', '=', 'bounced');
    expect(await bounced.execute()).toEqual([{ id: second.id }]);
  });

  it('lets the mail be sent again, and counts again after that', async () => {
    const { id, message_id } = await fixture.delivery('m-1');
    await apply(failed([message_id]));
    expect(await requeueDelivery(fixture.db, id, ['bounced'], 300)).toBe(true);
    expect(await apply(failed([message_id]))).toBeNull();
    await fixture.db.updateTable('deliveries').set({ state: 'sent' }).execute();
    expect(await apply(failed([message_id]))).toMatchObject({ changed: true });
  });
});
