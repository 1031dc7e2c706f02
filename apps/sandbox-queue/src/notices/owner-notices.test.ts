/** Mails to owners: what they are mailed about, once, and while mail goes out at all. */
import type { SendOutcome } from '@tinyfat/core';
import {
  askForNotice,
  askForOwnerNotice,
  newestOwnerNotice,
  resumeSending,
  setAlerts,
  setBudget,
  stopSending,
} from '@tinyfat/database';
import type { WorkLoop } from '@tinyfat/jobs';
import { letterText, type OutgoingMail } from '@tinyfat/mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliveryWork } from '../deliveries/send.ts';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { noticeWork } from './limit-notices.ts';
import { collectAlerts } from './owner-alerts.ts';
import { ownerNoticeWork, startOwnerNotices } from './owner-notices.ts';

const OWNER = 'owner@example.com';
const HOUR = 3_600_000;
const ALL = { held: true, failed: true, budget: true, digest: true };

describe('mails to owners', () => {
  let outbox: Outbox;
  let loops: WorkLoop[];
  let sent: { recipients: string[]; mail: OutgoingMail | undefined }[];
  let answers: SendOutcome[];
  let now: number;
  beforeEach(async () => {
    outbox = await openOutbox();
    loops = [];
    sent = [];
    answers = [];
    now = Date.UTC(2026, 10, 22, 12);
  });
  afterEach(async () => {
    for (const loop of loops) await loop.stop(0);
    await outbox.close();
  });

  const deps = () => ({
    ...outbox.deps,
    clock: () => now,
    publicUrl: 'https://agents.example',
    ownerBudgetMicroUsd: null,
    transport: {
      name: 'stand-in',
      idempotent: false,
      async send({ recipients }: { recipients: readonly string[] }) {
        sent.push({ recipients: [...recipients], mail: composed });
        return answers.shift() ?? ({ state: 'sent', providerId: null, recipientsRefused: [] } as const);
      },
      close: async () => {},
    },
    workers: {
      ...outbox.deps.workers,
      compose: async (mail: OutgoingMail) => {
        composed = mail;
        return { ok: true as const, raw: new Uint8Array() };
      },
    },
  });
  let composed: OutgoingMail | undefined;
  const start = () => loops.push(startOwnerNotices(deps()));
  const wake = () => {
    for (const loop of loops) loop.wake();
  };
  const notices = async () =>
    await outbox.db
      .selectFrom('owner_notices')
      .select(['owner', 'kind', 'about', 'state'])
      .orderBy('created_at')
      .execute();
  const states = async () => (await notices()).map(({ state }) => state);
  const until = (...want: string[]) => expect.poll(states, { timeout: 5000 }).toEqual(want);
  const text = (mail: OutgoingMail | undefined) =>
    mail === undefined || typeof mail.body === 'string' ? mail?.body : letterText(mail.body, null);
  /** A mail of somebody else that got no answer. */
  const fail = async (id: string, sender = 'ann@example.net', code = 'llm_overloaded') => {
    await outbox.mail(id, { sender, sender_base: sender, subject: `About ${id}`, received_at: now });
    await outbox.db
      .updateTable('runs')
      .set({
        status: 'failed',
        error_code: code,
        error: 'The model was overloaded.',
        started_at: now,
        finished_at: now,
      })
      .where('id', '=', id)
      .execute();
  };

  it('tell of mails without an answer at most once an hour, each of them once', async () => {
    await fail('one');
    await fail('two');
    await collectAlerts(deps());
    await collectAlerts(deps());
    now += 60_000;
    await fail('three');
    await collectAlerts(deps());
    start();
    await until('sent');
    now += HOUR;
    await collectAlerts(deps());
    await collectAlerts(deps());
    wake();
    await until('sent', 'sent');
    expect(sent.map(({ recipients }) => recipients)).toEqual([[OWNER], [OWNER]]);
    expect(text(sent[0]?.mail)).toMatchInlineSnapshot(`
      "2 mails got no answer

      scout: About one: From ann@example.net. The model was overloaded.
      scout: About two: From ann@example.net. The model was overloaded.

      Open the runs:
      https://agents.example/runs?status=failed

      You get this as the owner of the agents. The settings of mail say what you are mailed about.
      "
    `);
    expect(text(sent[1]?.mail)).toContain('About three');
    expect(text(sent[1]?.mail)).not.toContain('About one');
  });

  it('do not tell of what the owner knows already', async () => {
    await fail('own', OWNER);
    await fail('broke', 'ann@example.net', 'budget_exhausted');
    await collectAlerts(deps());
    expect(await notices()).toEqual([]);
  });

  it('tell of nothing that the owner chose not to hear of, nor of what was before', async () => {
    await fail('before');
    now += 1000;
    await setAlerts(outbox.db, OWNER, ALL, now);
    await collectAlerts(deps());
    expect(await notices()).toEqual([]);
    now += 1000;
    await fail('after');
    await collectAlerts(deps());
    expect(await notices()).toHaveLength(1);
    await setAlerts(outbox.db, OWNER, { ...ALL, failed: false }, now);
    start();
    await until('dropped');
    now += HOUR;
    await fail('later');
    await collectAlerts(deps());
    expect(await notices()).toHaveLength(1);
    expect(sent).toEqual([]);
  });

  it('tell once a month that a budget is used to four fifths', async () => {
    await setBudget(outbox.db, {
      scope: 'agent',
      subject: 'scout',
      monthly_micro_usd: 10_000_000,
      updated_at: now,
    });
    await outbox.mail('dear');
    const spend = (usd: number) =>
      outbox.db
        .updateTable('runs')
        .set({ status: 'done', cost_usd: usd, started_at: now, finished_at: now })
        .execute();
    await spend(7.9);
    await collectAlerts(deps());
    expect(await notices()).toEqual([]);
    await spend(8.5);
    await collectAlerts(deps());
    now += 60_000;
    await spend(9);
    await collectAlerts(deps());
    expect(await notices()).toMatchObject([{ kind: 'budget', about: '2026-11 scout' }]);
    start();
    await until('sent');
    expect(sent[0]?.mail?.subject).toBe('The budget of scout is used to 85 %');
    now = Date.UTC(2026, 11, 3);
    await spend(9);
    await collectAlerts(deps());
    expect(await notices()).toHaveLength(2);
  });

  it('hold the day before once, each morning, for those who want it', async () => {
    now = Date.UTC(2026, 10, 21, 12);
    await outbox.mail('answered', { received_at: now, state: 'replied' });
    await fail('failed');
    await outbox.db.updateTable('mails').set({ state: 'failed' }).where('id', '=', 'failed').execute();
    await outbox.db.updateTable('runs').set({ started_at: now, cost_usd: 0.25 }).execute();
    now = Date.UTC(2026, 10, 22, 7);
    await collectAlerts(deps());
    expect(await notices()).toEqual([]);
    await setAlerts(outbox.db, OWNER, { ...ALL, failed: false }, Date.UTC(2026, 10, 22, 5));
    now = Date.UTC(2026, 10, 22, 5, 59);
    await collectAlerts(deps());
    expect(await notices()).toEqual([]);
    now = Date.UTC(2026, 10, 22, 6, 1);
    await collectAlerts(deps());
    await collectAlerts(deps());
    start();
    await until('sent');
    expect(text(sent[0]?.mail)).toMatchInlineSnapshot(`
      "Your agents on 2026-11-21

      received: 2
      answered: 1
      refused: 0
      without an answer: 1
      spent: $0.50
      awaits your approval now: 0

      Open the dashboard:
      https://agents.example/

      You get this as the owner of the agents. The settings of mail say what you are mailed about.
      "
    `);
  });

  it('wait while all sending is stopped, as mails of agents do, and go out afterwards', async () => {
    await outbox.mail('reply');
    await outbox.delivery('reply', { state: 'pending', attempts: 0, sent_at: null, filed: 0 });
    const test = {
      id: 'test',
      owner: OWNER,
      kind: 'test' as const,
      about: 'test',
      content: '{"kind":"test"}',
    };
    await askForOwnerNotice(outbox.db, test, now);
    const limit = { role: 'owner' as const, recipient: OWNER, limit_code: 'sender_limit' as const };
    await askForNotice(outbox.db, {
      ...limit,
      agent_id: 'scout',
      mail_id: 'reply',
      id: 'n',
      at: now,
      dueAt: now,
    });
    const works = [deliveryWork(deps(), () => {}), ownerNoticeWork(deps()), noticeWork(deps())];
    const claim = async () =>
      await Promise.all(works.map(async ({ rows }) => (await rows.claim())?.id ?? null));
    await stopSending(outbox.db, { at: now, by: null });
    expect(await claim()).toEqual([null, null, null]);
    expect(await works[0]?.rows.nextDue()).toBeNull();
    await resumeSending(outbox.db);
    expect(await claim()).toEqual(['00000000-delivery-1', 'test', 'n']);
  });

  it('are not sent twice where nobody knows whether the first was taken, and say what the provider said', async () => {
    answers = [{ state: 'unknown', reason: 'cut off' }];
    await askForOwnerNotice(
      outbox.db,
      { id: 'test', owner: OWNER, kind: 'test', about: 'test', content: '{"kind":"test"}' },
      now,
    );
    start();
    await until('failed');
    expect(sent).toHaveLength(1);
    expect(await newestOwnerNotice(outbox.db, OWNER, 'test')).toMatchObject({ reason: 'cut off' });
  });
});
