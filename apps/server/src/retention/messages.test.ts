import { namedRawKeys, rawKeysAfter } from '@tinyfat/database';
import { runRetention } from '@tinyfat/retention';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOW, openRetention, type RetentionFixture } from '../test-support/retention.ts';

let fixture: RetentionFixture;
beforeEach(async () => {
  fixture = await openRetention();
});
afterEach(() => fixture.close());

describe('bytes of mails', () => {
  it('stay forever by default, and go with their days where they have some; the row stays', async () => {
    await fixture.oldMail('old', 400);
    await fixture.oldMail('young', 6);
    expect(await fixture.run({})).toEqual({});
    expect(await fixture.stored()).toEqual(['raw-old', 'raw-young']);
    expect(await fixture.run({ mail: 7 })).toEqual({ mail: { removed: 1, bytes: 10 } });
    expect(await fixture.stored()).toEqual(['raw-young']);
    const row = await fixture.db.selectFrom('mails').selectAll().where('id', '=', 'old').executeTakeFirst();
    expect(row).toMatchObject({ state: 'replied', raw_key: 'raw-old', raw_removed_at: NOW });
    expect(await fixture.run({ mail: 7 })).toEqual({ mail: { removed: 0, bytes: 0 } });
  });

  it.each(['queued', 'quarantined', 'over_limit', 'awaiting_approval'] as const)(
    'stay while the mail is %s, however old it is',
    async (state) => {
      const verdict = state === 'quarantined' || state === 'over_limit' ? state : 'accepted';
      await fixture.oldMail('m', 400, { state, verdict });
      expect(await fixture.run({ mail: 7, refused_mail: 1 })).toMatchObject({ mail: { removed: 0 } });
      expect(await fixture.stored()).toEqual(['raw-m']);
    },
  );

  it('go as well where their answer was rejected, with what the answer was before it was edited', async () => {
    await fixture.oldMail('m', 400, { state: 'discarded' });
    await fixture.oldDelivery('m', 400, { state: 'rejected' });
    const [row] = await fixture.db.selectFrom('deliveries').select('id').execute();
    await fixture.db
      .insertInto('approval_records')
      .values({ delivery_id: row?.id ?? '', action: 'edited', via: 'session', at: 1, raw_key: 'raw-before' })
      .execute();
    await fixture.rawMail.put('raw-before', new TextEncoder().encode('before'));
    expect(await namedRawKeys(fixture.db, ['raw-before'])).toEqual(new Set(['raw-before']));
    expect(await fixture.run({ mail: 7 })).toMatchObject({ mail: { removed: 1 } });
    expect(await fixture.stored()).toContain('raw-before');
    expect(await fixture.run({ mail: 7, sent_mail: 7 })).toMatchObject({ sent_mail: { removed: 2 } });
    expect(await fixture.stored()).toEqual([]);
    expect(await namedRawKeys(fixture.db, ['raw-before'])).toEqual(new Set());
  });

  it.each(['ready', 'paused', 'running'] as const)('stay while its job is %s', async (state) => {
    await fixture.oldMail('m', 400);
    await fixture.db.updateTable('jobs').set({ state }).execute();
    expect(await fixture.run({ mail: 7 })).toMatchObject({ mail: { removed: 0 } });
  });

  it.each(['pending', 'sending', 'awaiting_approval'] as const)(
    'stay while a delivery because of it is %s, and so do those of the delivery',
    async (state) => {
      await fixture.oldMail('m', 400);
      await fixture.oldDelivery('m', 400, { state });
      const report = await fixture.run({ mail: 7, sent_mail: 7 });
      expect(report).toEqual({ mail: { removed: 0, bytes: 0 }, sent_mail: { removed: 0, bytes: 0 } });
    },
  );

  it('go with what their owner wrote in the place of one that was run again', async () => {
    await fixture.oldMail('m', 50);
    await fixture.db.updateTable('runs').set({ edited_text: 'Only the cheapest.' }).execute();
    await fixture.run({ mail: 60 });
    const text = () => fixture.db.selectFrom('runs').select('edited_text').executeTakeFirst();
    expect(await text()).toEqual({ edited_text: 'Only the cheapest.' });
    await fixture.run({ mail: 7 });
    expect(await text()).toEqual({ edited_text: '' });
  });

  it('of one message to two agents go with the second of them', async () => {
    await fixture.oldMail('a', 50);
    await fixture.oldMail('b', 20, { agent_id: 'other', raw_key: 'raw-a' });
    expect(await fixture.run({ mail: 30 })).toEqual({ mail: { removed: 1, bytes: 0 } });
    expect(await fixture.stored()).toEqual(['raw-a']);
    expect(await fixture.run({ mail: 10 })).toEqual({ mail: { removed: 1, bytes: 10 } });
    expect(await fixture.stored()).toEqual([]);
  });

  it('that a kill left behind a marked row are named by nothing, so that the sweeper takes them', async () => {
    await fixture.oldMail('m', 50);
    expect(await namedRawKeys(fixture.db, ['raw-m'])).toEqual(new Set(['raw-m']));
    expect(await rawKeysAfter(fixture.db, '', 10)).toEqual(['raw-m']);
    const deps = fixture.deps({ mail: 30 });
    deps.rawMail = { ...fixture.rawMail, remove: () => Promise.reject(new Error('killed')) };
    const report = await runRetention(deps, { daily: false, signal: new AbortController().signal });
    expect(report).toEqual({ mail: { removed: 1, bytes: 0, error: 'Error: killed' } });
    expect(fixture.log).toEqual([
      ['retention_failed', { kind: 'mail', removed: 1, bytes: 0, error: 'Error: killed' }],
    ]);
    expect(await namedRawKeys(fixture.db, ['raw-m'])).toEqual(new Set());
    expect(await rawKeysAfter(fixture.db, '', 10)).toEqual([]);
  });
});

describe('bytes of mails without a turn', () => {
  it('go by their own days, and those of a taken mail do not', async () => {
    await fixture.refusedMail('refused', 31);
    await fixture.refusedMail('copy', 31, { verdict: 'duplicate', state: 'duplicate' });
    await fixture.refusedMail('automatic', 31, { verdict: 'automatic', state: 'automatic' });
    await fixture.refusedMail('discarded', 31, { verdict: 'quarantined', state: 'discarded' });
    await fixture.refusedMail('young', 29);
    await fixture.oldMail('released', 31, { verdict: 'quarantined' });
    await fixture.oldMail('answered', 31);
    const looked = await fixture.preview({ refused_mail: 30 });
    expect(looked).toEqual({ refused_mail: { removed: 4, bytes: 40 } });
    expect(await fixture.stored()).toHaveLength(7);
    expect(await fixture.run({ refused_mail: 30 })).toEqual(looked);
    expect(await fixture.stored()).toEqual(['raw-answered', 'raw-released', 'raw-young']);
  });

  it('are removed in slices, all of them', async () => {
    for (let made = 0; made < 250; made++) await fixture.refusedMail(`m-${made}`, 40);
    expect(await fixture.run({ refused_mail: 30 })).toEqual({ refused_mail: { removed: 250, bytes: 2500 } });
    expect(await fixture.stored()).toEqual([]);
  });
});

describe('rows of mails that were refused', () => {
  it('go with what is left of their bytes; no other mail loses its row', async () => {
    await fixture.refusedMail('refused', 400);
    await fixture.refusedMail('copy', 400, { verdict: 'duplicate', state: 'duplicate' });
    await fixture.refusedMail('automatic', 400, { verdict: 'automatic', state: 'automatic' });
    await fixture.refusedMail('young', 300);
    await fixture.oldMail('answered', 400);
    expect(await fixture.preview({ refused_rows: 365 })).toEqual({ refused_rows: { removed: 2, bytes: 0 } });
    expect(await fixture.run({ refused_rows: 365 })).toEqual({ refused_rows: { removed: 2, bytes: 20 } });
    const left = await fixture.db.selectFrom('mails').select('id').orderBy('id').execute();
    expect(left.map(({ id }) => id)).toEqual(['answered', 'automatic', 'young']);
    expect(await fixture.stored()).toEqual(['raw-answered', 'raw-automatic', 'raw-young']);
  });

  it('stay where a notice of a limit names them', async () => {
    await fixture.refusedMail('copy', 400, { verdict: 'duplicate', state: 'duplicate' });
    const notice = { id: 'n', agent_id: 'scout', role: 'sender', recipient: 'a@example.com' } as const;
    const rest = { limit_code: 'sender_limit', waiting: null, state: 'sent', attempts: 1 } as const;
    await fixture.db
      .insertInto('limit_notices')
      .values({ ...notice, ...rest, mail_id: 'copy', next_attempt_at: 1, created_at: 1 })
      .execute();
    expect(await fixture.run({ refused_rows: 365 })).toEqual({ refused_rows: { removed: 0, bytes: 0 } });
  });
});

it('bytes of sent mails go by their days, and what has none is left out', async () => {
  await fixture.oldMail('m', 5);
  for (const state of ['sent', 'failed', 'uncertain', 'bounced'] as const) {
    await fixture.oldDelivery('m', 40, { state });
  }
  await fixture.delivery('m', { created_at: 1, state: 'failed', raw_key: '' });
  const young = await fixture.oldDelivery('m', 20, { state: 'sent' });
  expect(await fixture.run({ sent_mail: 30 })).toEqual({ sent_mail: { removed: 4, bytes: 40 } });
  expect(await fixture.stored()).toEqual([young, 'raw-m'].toSorted());
});

it('events of providers go when they have ended, but for those that a list may show again', async () => {
  const event = (id: string, change: object) =>
    fixture.db
      .insertInto('webhook_events')
      .values({
        ...{ id, provider: 'resend', event_id: id, kind: 'delivery', provider_mail_id: id, payload: '{}' },
        ...{ raw_key: null, state: 'done', attempts: 1, next_attempt_at: 1, reason_code: null, reason: null },
        ...{ created_at: NOW - 40 * 86_400_000, finished_at: NOW - 40 * 86_400_000, ...change },
      })
      .execute();
  await event('news', {});
  await event('received', { kind: 'received' });
  await event('behind-the-list', { kind: 'received', created_at: NOW - 60 * 86_400_000 });
  await event('waits', { state: 'pending', finished_at: null });
  await event('young', { finished_at: NOW - 20 * 86_400_000 });
  await event('never-taken', { state: 'failed', raw_key: 'raw-of-event' });
  await fixture.rawMail.put('raw-of-event', new Uint8Array(10));
  const mark = NOW - 50 * 86_400_000;
  await fixture.db.insertInto('provider_cursors').values({ name: 'resend', started_at: 1, mark }).execute();
  expect(await fixture.preview({ webhooks: 30 })).toEqual({ webhooks: { removed: 3, bytes: 0 } });
  expect(await fixture.run({ webhooks: 30 })).toEqual({ webhooks: { removed: 3, bytes: 10 } });
  const left = await fixture.db.selectFrom('webhook_events').select('id').orderBy('id').execute();
  expect(left.map(({ id }) => id)).toEqual(['received', 'waits', 'young']);
});
