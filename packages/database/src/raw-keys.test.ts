import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namedRawKeys } from './mails.ts';
import { insertWebhookEvent } from './webhook-events.ts';

describe('the keys of stored messages', () => {
  let fixture: SentMail;
  beforeEach(async () => {
    fixture = await openSentMail();
  });
  afterEach(() => fixture.close());

  /** Puts a key into each table that can hold one. */
  const insert: Record<string, (key: string) => Promise<unknown>> = {
    mails: (raw_key) => fixture.mail('one', { raw_key }),
    deliveries: async (raw_key) => {
      await fixture.mail('two', { raw_key: '' });
      await fixture.delivery('two', { raw_key });
    },
    webhook_events: (raw_key) =>
      insertWebhookEvent(fixture.db, {
        id: 'three',
        provider: 'postmark',
        event_id: 'three',
        kind: 'received',
        provider_mail_id: 'three',
        payload: '{}',
        raw_key,
        state: 'pending',
        attempts: 0,
        next_attempt_at: 1,
        created_at: 1,
      }),
    approval_records: async (raw_key) => {
      const { id } = await fixture.db.selectFrom('deliveries').select('id').executeTakeFirstOrThrow();
      const record = { delivery_id: id, action: 'edited' as const, via: 'session' as const, at: 1, raw_key };
      await fixture.db.insertInto('approval_records').values(record).execute();
    },
  };

  it('are found in every table that names one', async () => {
    const tables = await fixture.db.introspection.getTables();
    // Columns whose name says that they hold a key of the raw mail store.
    const named = tables.filter(({ columns }) => columns.some(({ name }) => /raw.*key/.test(name)));
    expect(named.map(({ name }) => name).sort()).toEqual(Object.keys(insert).sort());
    const keys = Object.keys(insert).map((table) => `key-of-${table}`);
    for (const [table, into] of Object.entries(insert)) await into(`key-of-${table}`);
    expect(await namedRawKeys(fixture.db, [...keys, 'in-no-row'])).toEqual(new Set(keys));
  });
});
