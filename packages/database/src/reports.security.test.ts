/** Whoever knows an agent's address can send it a report: what he doesn't know or never got, he can't touch. */
import type { MailReport } from '@tinyfat/core';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyReport } from './reports.ts';
import type { NewDelivery } from './schema/index.ts';

describe('a forged report', () => {
  let fixture: SentMail;
  let delivery: NewDelivery;
  beforeEach(async () => {
    fixture = await openSentMail();
    await fixture.mail('m-1', { state: 'replied' });
    delivery = await fixture.delivery('m-1');
  });
  afterEach(() => fixture.close());

  const forged = (messageIds: string[], address = 'owner@example.com'): MailReport => ({
    kind: 'delivery',
    recipients: [{ addresses: [address], action: 'failed', status: '5.1.1', diagnostic: 'gone' }],
    messageIds,
  });
  async function leavesEverythingAlone(report: MailReport, agentId = 'scout') {
    const applied = await fixture.db
      .transaction()
      .execute((tx) => applyReport(tx, { agentId, report, now: 100 }));
    expect(applied).toBeNull();
    const rows = await fixture.db.selectFrom('deliveries').select(['state', 'reason', 'filed']).execute();
    expect(rows).toEqual([{ state: 'sent', reason: null, filed: 1 }]);
    expect(await fixture.db.selectFrom('suppressed_recipients').selectAll().execute()).toEqual([]);
  }

  it('to another agent does not reach it', () =>
    leavesEverythingAlone(forged([delivery.message_id]), 'other'));

  it('about somebody else does not reach it', () =>
    leavesEverythingAlone(forged([delivery.message_id], 'ann@example.com')));

  it.each(['<guess@agents.test>', '%', '', "' or 1=1 --"])('with the id %j does not reach it', (id) =>
    leavesEverythingAlone(forged([id])),
  );

  it('without any id does not reach it', () => leavesEverythingAlone(forged([])));

  it('with the id behind thousands of others does not reach it', async () => {
    const ids = Array.from({ length: 50_000 }, (_, i) => `<${i}@evil.example>`);
    await leavesEverythingAlone(forged([...ids, delivery.message_id]));
  });
});
