/** Every event is worked on to one end, by one worker, whatever dies between; mail comes to the door once. */
import type { LogFields, MailArchive, ReceivedEvent } from '@tinyfat/core';
import { smtpReply } from '@tinyfat/core';
import { type Database, insertWebhookEvent, listWebhookEvents } from '@tinyfat/database';
import type { WorkLoop } from '@tinyfat/jobs';
import { refuseUpdates } from '@tinyfat/testing/refused-writes';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { farWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedMessage } from '../contract.ts';
import type { WebhookDeps } from './contract.ts';
import { eventRow } from './store-event.ts';
import { startWebhookWorker } from './work.ts';

const DAY = 86_400_000;
const MAX = 100;

describe('the worker of webhooks', () => {
  let fixture: SentMail;
  let db: Database;
  let now: number;
  let made: number;
  let atDoor: ReceivedMessage[];
  let removed: string[];
  let answer: () => Promise<ReturnType<typeof smtpReply>>;
  let loops: WorkLoop[];
  beforeEach(async () => {
    fixture = await openSentMail();
    db = fixture.db;
    [now, made, atDoor, removed, loops] = [Date.now(), 0, [], [], []];
    answer = async () => smtpReply('accepted');
  });
  afterEach(async () => {
    await Promise.all(loops.map((loop) => loop.stop(5000)));
    await fixture.close();
  });

  const archive: Pick<MailArchive, 'fetch'> = {
    fetch: async (mailId) => ({
      ok: true,
      value: {
        recipients: ['Scout <scout@agents.test>', 'other@agents.test'],
        from: 'a@b.example',
        raw: text(mailId),
      },
    }),
  };
  const text = (body: string) => new TextEncoder().encode(`Return-Path: <ann@example.com>\r\n\r\n${body}`);
  const stored = new Map<string, Uint8Array>();
  const deps = (): WebhookDeps => ({
    db,
    clock: () => now,
    worker: farWorker(),
    leaseMs: 30_000,
    random: () => 0.5,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    mailDomain: 'agents.test',
    rawMail: {
      get: async (key) => stored.get(key) ?? Promise.reject(new Error('no such file')),
      remove: async (key) => void removed.push(key),
    },
    async receive(message) {
      atDoor.push(message);
      return await answer();
    },
    returnPath: () => 'ann@example.com',
    maxMessageBytes: MAX,
    oversizeBytes: 10,
    resend: { ...archive, list: never, sentMessageId: never },
    backoff: { baseMs: 10, capMs: 20, maxAttempts: Number.POSITIVE_INFINITY },
    wakeUp: { wake() {} },
  });
  const never = () => Promise.reject(new Error('not asked for here'));
  const start = async () => {
    const loop = await startWebhookWorker(deps());
    loops.push(loop);
    return loop;
  };
  const tell = async (change: Partial<ReturnType<typeof eventRow>> = {}) => {
    made += 1;
    const providerEvent: ReceivedEvent = {
      kind: 'received',
      mailId: `mail-${made}`,
      recipients: [],
      from: null,
    };
    const row = eventRow({ clock: () => now, makeId: () => `event-${made}` }, 'resend', {
      eventId: `msg-${made}`,
      providerEvent,
    });
    const event = { ...row, ...change };
    await insertWebhookEvent(db, event);
    return event;
  };
  const events = () => listWebhookEvents(db, 1000);
  const allIn = async (state: string) => {
    for (;;) {
      const all = await events();
      if (all.every((one) => one.state === state)) return all;
      await new Promise(setImmediate);
    }
  };

  it('brings each mail to the door once, though two workers look', async () => {
    const both = [await start(), await start()];
    for (let count = 0; count < 40; count += 1) {
      await tell();
      for (const loop of both) loop.wake();
    }
    await allIn('done');
    expect(atDoor.map(({ webhookEvent }) => webhookEvent).toSorted()).toEqual(
      (await events()).map(({ id }) => id).toSorted(),
    );
  });

  it('gives the door the recipients of the envelope, and the sender that the bytes tell', async () => {
    await tell();
    await start();
    await allIn('done');
    expect(atDoor).toMatchObject([
      {
        via: 'resend',
        envelopeSender: 'ann@example.com',
        envelopeRecipients: ['scout@agents.test', 'other@agents.test'],
        client: { trusted: false },
      },
    ]);
  });

  it('asks nothing of the door again whose rows a dead server had written', async () => {
    const { id } = await tell();
    await fixture.mail('m-1', { webhook_event: id });
    await start();
    await allIn('done');
    expect(atDoor).toEqual([]);
  });

  it('tries again what the door puts off, and what throws, until it is taken', async () => {
    let tries = 0;
    answer = async () => {
      tries += 1;
      now += 100;
      if (tries === 1) return smtpReply('dns_trouble');
      if (tries === 2) throw new Error('the database is away');
      return smtpReply('accepted');
    };
    await tell();
    const loop = await start();
    const nudge = setInterval(() => {
      now += 1000;
      loop.wake();
    }, 5);
    const [event] = await allIn('done');
    clearInterval(nudge);
    expect(event).toMatchObject({ attempts: 3, reason_code: null });
  });

  it('brings a mail to the door once where the database did not take at once that it was brought', async () => {
    const refused = await refuseUpdates(db, 'webhook_events', `new.state = 'done'`);
    const failed: string[] = [];
    const error = (_event: string, fields?: LogFields) => void failed.push(String(fields?.error));
    await tell();
    loops.push(startWebhookWorker({ ...deps(), logger: { ...deps().logger, error } }));
    while (failed.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const text of failed) expect(text).toMatch(refused.reason);
    await refused.allow();
    await allIn('done');
    expect(atDoor).toHaveLength(1);
  });

  it('gives up after a week, keeps the message, and says why', async () => {
    stored.set('raw-1', text('x'));
    answer = async () => {
      now += 8 * DAY;
      return smtpReply('dns_trouble');
    };
    await tell({ provider: 'postmark', raw_key: 'raw-1' });
    await start();
    const [event] = await allIn('failed');
    expect(event).toMatchObject({ reason_code: 'webhook_gave_up', raw_key: 'raw-1' });
    expect(event?.reason).toContain('1 times');
    expect(removed).toEqual([]);
  });

  it('ends with what the door says for good, and forgets the message, which the door keeps', async () => {
    stored.set('raw-1', text('x'));
    answer = async () => smtpReply('not_allowed');
    await tell({ provider: 'postmark', raw_key: 'raw-1' });
    await start();
    await allIn('done');
    while (removed.length === 0) await new Promise(setImmediate);
    expect(removed).toEqual(['raw-1']);
  });

  it('hands on the beginning of a message that is too large, and nothing more of it stays in memory', async () => {
    stored.set('raw-1', new Uint8Array(MAX + 1));
    answer = async () => smtpReply('too_large');
    await tell({ provider: 'postmark', raw_key: 'raw-1' });
    await start();
    await allIn('done');
    expect(atDoor).toMatchObject([{ oversizeBytes: MAX + 1 }]);
    expect(atDoor[0]?.raw.buffer.byteLength).toBe(10);
  });
});
