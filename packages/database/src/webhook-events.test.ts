/** What providers told is written once, worked on by one at a time, and never lost by a try that died. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database, NewWebhookEvent } from './schema/index.ts';
import { openSqlite } from './sqlite/open.ts';
import {
  claimWebhookEvent,
  insertWebhookEvent,
  listWebhookEvents,
  nextWebhookDue,
  recoverWebhookEvents,
  settleWebhookEvent,
} from './webhook-events.ts';

const done = { state: 'done' as const, at: 50, reason_code: null, reason: null };

describe('events of webhooks', () => {
  let folder: string;
  let db: Database;
  /** Another process over the same folder. */
  let other: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-events-'));
    db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
    other = await openSqlite(join(folder, 'tinyfat.sqlite'));
  });
  afterEach(async () => {
    await other.destroy();
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });
  let made = 0;
  const event = (change: Partial<NewWebhookEvent> = {}): NewWebhookEvent => {
    made += 1;
    return {
      id: `event-${made}`,
      provider: 'resend',
      event_id: `msg_${made}`,
      kind: 'received',
      provider_mail_id: `mail-${made}`,
      payload: '{}',
      raw_key: null,
      state: 'pending',
      attempts: 0,
      next_attempt_at: 10,
      created_at: 10,
      ...change,
    };
  };

  it('are one event whatever else differs, of one provider', async () => {
    const first = event({ event_id: 'msg_x' });
    expect(await insertWebhookEvent(db, first)).toBe(true);
    expect(await insertWebhookEvent(other, event({ event_id: 'msg_x' }))).toBe(false);
    expect(await insertWebhookEvent(db, event({ event_id: 'msg_x', provider: 'postmark' }))).toBe(true);
    expect(await listWebhookEvents(db, 9)).toHaveLength(2);
  });

  it('that tell of one received mail are one, by whatever event; news of a sent mail are not', async () => {
    expect(await insertWebhookEvent(db, event({ provider_mail_id: 'mail-x' }))).toBe(true);
    const listed = event({ provider_mail_id: 'mail-x', event_id: 'listed:mail-x' });
    expect(await insertWebhookEvent(other, listed)).toBe(false);
    for (let count = 0; count < 2; count += 1) {
      const news = event({ kind: 'delivery', provider_mail_id: 'mail-x' });
      expect(await insertWebhookEvent(db, news)).toBe(true);
    }
  });

  it('are stored once by many at once', async () => {
    const copies = Array.from({ length: 20 }, (_, index) =>
      insertWebhookEvent(index % 2 === 0 ? db : other, event({ provider_mail_id: 'mail-race' })),
    );
    expect((await Promise.all(copies)).filter((isNew) => isNew)).toHaveLength(1);
  });

  it('are given to one of two workers, the oldest first', async () => {
    for (let count = 0; count < 10; count += 1) await insertWebhookEvent(db, event());
    const claims = Array.from({ length: 14 }, (_, index) =>
      claimWebhookEvent(index % 2 === 0 ? db : other, 20, 1000),
    );
    const got = (await Promise.all(claims)).filter((one) => one !== undefined);
    expect(new Set(got.map(({ id }) => id)).size).toBe(10);
    expect(got).toHaveLength(10);
    expect(got.map(({ seq }) => seq)).toEqual(got.map(({ seq }) => seq).toSorted((a, b) => a - b));
  });

  it('of a try that died are taken up again; the dead one then settles nothing', async () => {
    await insertWebhookEvent(db, event());
    const died = await claimWebhookEvent(db, 20, 1000);
    expect(await claimWebhookEvent(other, 999, 2000)).toBeUndefined();
    const next = await claimWebhookEvent(other, 1000, 2000);
    if (!died || !next) throw new Error('nothing was claimed');
    expect(next).toMatchObject({ id: died.id, attempts: 2 });
    expect(await settleWebhookEvent(db, died, done)).toBe(false);
    expect(await settleWebhookEvent(other, next, done)).toBe(true);
    expect(await settleWebhookEvent(other, next, { ...done, state: 'failed' })).toBe(false);
    expect(await listWebhookEvents(db, 9)).toMatchObject([{ state: 'done', finished_at: 50 }]);
  });

  it('are due at once at the next start', async () => {
    await insertWebhookEvent(db, event());
    await claimWebhookEvent(db, 20, 600_000);
    expect(await nextWebhookDue(db)).toBe(600_000);
    expect(await recoverWebhookEvents(other, 30)).toBe(1);
    expect(await claimWebhookEvent(other, 30, 600_000)).toMatchObject({ attempts: 2 });
  });

  it('keep their message until they are done', async () => {
    await insertWebhookEvent(db, event({ raw_key: 'raw-1' }));
    const first = await claimWebhookEvent(db, 20, 1000);
    if (!first) throw new Error('nothing was claimed');
    const again = { state: 'pending' as const, at: 40, reason_code: null, reason: 'later' };
    await settleWebhookEvent(db, first, again);
    const second = await claimWebhookEvent(db, 40, 1000);
    if (!second) throw new Error('nothing was claimed');
    expect(second.raw_key).toBe('raw-1');
    await settleWebhookEvent(db, second, done);
    expect((await listWebhookEvents(db, 9))[0]?.raw_key).toBeNull();
  });
});
