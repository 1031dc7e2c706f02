/** What providers told is written once, worked on by one at a time, and never lost by a try that died. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabaseAgain, openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { farWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database, NewWebhookEvent } from './schema/index.ts';
import {
  insertWebhookEvent,
  listWebhookEvents,
  settleWebhookEvent,
  webhookEventRows,
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
    other = await openDatabaseAgain(join(folder, 'tinyfat.sqlite'));
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

  it('keep their message until they are done', async () => {
    await insertWebhookEvent(db, event({ raw_key: 'raw-1' }));
    const clock = { value: 20 };
    const rows = webhookEventRows({ db, clock: () => clock.value, worker: farWorker(), leaseMs: 1000 });
    const first = await rows.claim();
    if (!first) throw new Error('nothing was claimed');
    const again = { state: 'pending' as const, at: 40, reason_code: null, reason: 'later' };
    await settleWebhookEvent(db, first, again, 30);
    clock.value = 40;
    const second = await rows.claim();
    if (!second) throw new Error('nothing was claimed');
    expect(second.raw_key).toBe('raw-1');
    await settleWebhookEvent(db, second, done, 50);
    expect((await listWebhookEvents(db, 9))[0]?.raw_key).toBeNull();
  });
});
