/** What no webhook told is found in the list: all of it, once, and nothing from before the first look. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchivePage, MailArchive, ProviderAnswer } from '@tinyfat/core';
import { type Database, insertWebhookEvent, listWebhookEvents } from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReconciler } from './reconcile.ts';
import { eventRow } from './store-event.ts';

const HOUR = 3_600_000;
const START = 1_700_000_000_000;

describe('reading the list of received mails', () => {
  let folder: string;
  let db: Database;
  let now: number;
  let made: number;
  /** What the provider has, in any order. */
  let mails: { id: string; at: number }[];
  /** Answers in place of the pages that are asked for next; null lets one through. */
  let faults: (ProviderAnswer<never> | null)[];
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-reconcile-'));
    db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
    [now, made, mails, faults, warnings] = [START, 0, [], [], []];
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  async function list(before: string | null): Promise<ProviderAnswer<ArchivePage>> {
    const fault = faults.shift();
    if (fault) return fault;
    const newestFirst = mails.toSorted((a, b) => b.at - a.at);
    const start = before === null ? 0 : newestFirst.findIndex(({ id }) => id === before) + 1;
    const shown = newestFirst.slice(start, start + 3);
    return { ok: true, value: { mails: shown, more: start + shown.length < newestFirst.length } };
  }
  const never = () => Promise.reject(new Error('not asked for here'));
  const archive: MailArchive = { list, fetch: never, sentMessageId: never };

  const eventPorts = { clock: () => now, makeId: () => `event-${++made}` };
  /** One look, and the end: the reconciler of a server that is stopped after it. */
  async function look(): Promise<void> {
    const reconciler = await openReconciler({
      db,
      ...eventPorts,
      logger: { debug() {}, info() {}, warn: (event) => void warnings.push(event), error() {} },
      archive,
      everyMs: HOUR,
      retryMs: HOUR,
      wakeUp: { wake() {} },
    });
    await reconciler.stop(30_000);
  }
  const found = async () =>
    (await listWebhookEvents(db, 100)).toReversed().map(({ provider_mail_id }) => provider_mail_id);
  const trouble: ProviderAnswer<never> = { ok: false, code: 'webhook_fetch_failed', reason: 'down' };

  it('takes nothing that came before it was first read', async () => {
    mails = [{ id: 'old', at: START - 1 }];
    await look();
    mails.push({ id: 'new', at: START + 1 });
    now = START + 10;
    await look();
    expect(await found()).toEqual(['new']);
  });

  it('finds all pages of an outage, the oldest first, and no mail twice', async () => {
    await look();
    mails = Array.from({ length: 8 }, (_, index) => ({ id: `mail-${index}`, at: START + 1 + index * HOUR }));
    now = START + 30 * HOUR;
    await look();
    const all = mails.map(({ id }) => id);
    expect(await found()).toEqual(all);
    await look();
    expect(await found()).toEqual(all);
  });

  it('leaves out what a webhook told meanwhile', async () => {
    await look();
    mails = [
      { id: 'told', at: START + 1 },
      { id: 'missed', at: START + 2 },
    ];
    const providerEvent = { kind: 'received' as const, mailId: 'told', recipients: [], from: null };
    await insertWebhookEvent(db, eventRow(eventPorts, 'resend', { eventId: 'msg_1', providerEvent }));
    now = START + 10;
    await look();
    expect(await found()).toEqual(['told', 'missed']);
  });

  it('begins anew after a page that failed, so that nothing behind it is passed over', async () => {
    await look();
    mails = Array.from({ length: 7 }, (_, index) => ({ id: `mail-${index}`, at: START + 1 + index * HOUR }));
    now = START + 30 * HOUR;
    faults = [null, trouble];
    await look();
    expect(await found()).toEqual([]);
    expect(warnings).toEqual(['reconcile_failed']);
    await look();
    expect(await found()).toEqual(mails.map(({ id }) => id));
  });

  it('finds a mail that was listed late, up to an hour', async () => {
    await look();
    mails = [{ id: 'newest', at: START + 2 * HOUR }];
    now = START + 2 * HOUR;
    await look();
    mails.push({ id: 'late', at: START + 2 * HOUR - HOUR / 2 });
    await look();
    expect(await found()).toEqual(['newest', 'late']);
  });

  it('is not led past what is to come by a time in the future', async () => {
    await look();
    mails = [{ id: 'future', at: START + 1000 * HOUR }];
    now = START + HOUR;
    await look();
    mails.push({ id: 'next', at: START + 2 * HOUR });
    now = START + 3 * HOUR;
    await look();
    expect(await found()).toEqual(['future', 'next']);
  });

  it('ends where the provider gives the same page again and again', async () => {
    await look();
    mails = Array.from({ length: 3 }, (_, index) => ({ id: `mail-${index}`, at: START + 1 + index }));
    const same: ArchivePage = { mails: mails.toReversed(), more: true };
    faults = Array.from({ length: 5 }, () => ({ ok: true, value: same }) as unknown as ProviderAnswer<never>);
    now = START + HOUR;
    await look();
    expect(warnings).toEqual(['reconcile_failed']);
    faults = [];
    await look();
    expect(await found()).toEqual(['mail-0', 'mail-1', 'mail-2']);
  });
});
