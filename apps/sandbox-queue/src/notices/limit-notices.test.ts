/** Notices of limits: who gets them, how often, what they say, and what a death in the middle leaves. */
import type { SendOutcome } from '@tinyfat/core';
import { askForNotice, suppress } from '@tinyfat/database';
import type { WorkLoop } from '@tinyfat/jobs';
import { type LetterText, letterText, type OutgoingMail } from '@tinyfat/mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { startLimitNotices } from './limit-notices.ts';

const BOB = 'bob@example.com';
const HOUR = 3_600_000;

describe('notices of limits', () => {
  let outbox: Outbox;
  let loops: WorkLoop[];
  let sent: { recipients: string[]; key: string; mail: OutgoingMail }[];
  let answers: SendOutcome[];
  let now: number;
  let made: number;
  beforeEach(async () => {
    outbox = await openOutbox();
    loops = [];
    sent = [];
    answers = [];
    made = 0;
    now = Date.UTC(2026, 10, 22);
  });
  afterEach(async () => {
    for (const loop of loops) await loop.stop(0);
    await outbox.close();
  });

  const start = (idempotent = false) => {
    let composed: OutgoingMail;
    loops.push(
      startLimitNotices({
        ...outbox.deps,
        clock: () => now,
        workers: {
          ...outbox.deps.workers,
          compose: async (mail) => {
            composed = mail;
            return { ok: true, raw: new Uint8Array() };
          },
        },
        transport: {
          name: 'stand-in',
          idempotent,
          async send({ recipients }, _raw, key) {
            sent.push({ recipients, key, mail: composed });
            return answers.shift() ?? { state: 'sent', providerId: null, recipientsRefused: [] };
          },
          close: async () => {},
        },
      }),
    );
  };
  /** Mails of Bob that wait, and what is asked for because of the last of them. */
  const wait = async (count: number, roles: ('sender' | 'owner')[]) => {
    let id = '';
    for (let index = 0; index < count; index++) {
      made += 1;
      id = `over-${made}`;
      await outbox.mail(id, {
        sender: BOB,
        sender_base: BOB,
        sender_name: 'Bob',
        subject: 'Prices',
        verdict: 'over_limit',
        state: 'over_limit',
        reason_code: 'sender_limit',
        reason: 'The agent took 30 mails from bob@example.com in the last hour, which is the limit.',
      });
    }
    for (const role of roles) {
      const recipient = role === 'owner' ? 'owner@example.com' : BOB;
      const named = { agent_id: 'scout', mail_id: id, limit_code: 'sender_limit' as const };
      await askForNotice(outbox.db, { ...named, role, recipient, id: `${role}-${now}`, at: now, dueAt: now });
    }
    for (const loop of loops) loop.wake();
  };
  const states = async () =>
    (await outbox.db.selectFrom('limit_notices').select('state').orderBy('role').execute()).map(
      ({ state }) => state,
    );
  const until = (...want: string[]) => expect.poll(states, { timeout: 5000 }).toEqual(want);
  const textOf = ({ body }: OutgoingMail) => (typeof body === 'string' ? body : letterText(body, null));

  it('tell the sender of the own mail, in its thread, as a machine', async () => {
    start();
    await wait(1, ['sender']);
    await until('sent');
    const [{ recipients, mail } = {}] = sent;
    expect(recipients).toEqual([BOB]);
    expect(mail).toMatchObject({
      from: { address: 'scout@agents.test' },
      subject: 'Re: Prices',
      inReplyTo: '<over-1@example.com>',
      autoSubmitted: 'auto-replied',
    });
    expect(mail && textOf(mail)).toMatchInlineSnapshot(`
      "Your mail waits

      It reached scout@agents.test and is kept, but nobody works on it yet.

      The agent took 30 mails from bob@example.com in the last hour, which is the limit.

      The owner was told and can let it go on. You need not send it again.
      "
    `);
  });

  it('tell the owner who is over which limit, and how many mails wait', async () => {
    start();
    await wait(12, ['owner']);
    await until('sent');
    const [{ recipients, mail } = {}] = sent;
    expect(recipients).toEqual(['owner@example.com']);
    expect(mail).toMatchObject({
      subject: 'Mails to scout wait for you',
      inReplyTo: null,
      autoSubmitted: 'auto-generated',
    });
    expect(mail && textOf(mail)).toMatchInlineSnapshot(`
      "Mails to scout@agents.test wait for you

      12 mails wait because of a limit. They are kept, and nobody works on them.

      bob@example.com: 12 mails. The sender wrote more mails to the agent than the limit allows.

      What you can do

      tinyfat mails scout – lists them
      tinyfat mails release ID – has one answered
      tinyfat mails discard ID – ends one without an answer

      To have it answered, run: tinyfat mails release ID. Operators set SENDER_MAILS_PER_HOUR and SENDER_MAILS_PER_DAY.
      "
    `);
  });

  it('are sent once by two servers at once', async () => {
    start();
    start();
    await wait(3, ['owner', 'sender']);
    await until('sent', 'sent');
    expect(sent).toHaveLength(2);
  });

  it('say the same at every try, though more mails wait by then', async () => {
    answers = [{ state: 'temporary', reason: 'busy' }];
    start();
    await wait(1, ['owner']);
    await expect.poll(() => sent.length).toBe(1);
    await wait(5, []);
    now += 1000;
    for (const loop of loops) loop.wake();
    await until('sent');
    expect(sent[1]?.mail).toEqual(sent[0]?.mail);
    expect(sent[1]?.key).toBe(sent[0]?.key);
  });

  it.each([
    [false, 'failed', 0],
    [true, 'sent', 1],
  ] as const)('after a death in the middle of a try, folding %s: %s', async (idempotent, end, tries) => {
    await wait(1, ['sender']);
    await outbox.db
      .updateTable('limit_notices')
      .set({ state: 'sending', leased_by: 'dead', lease_until: now + 1 })
      .execute();
    start(idempotent);
    await until(end);
    expect(sent).toHaveLength(tries);
  });

  it('are not taken from a sender that lives', async () => {
    await wait(1, ['sender']);
    await outbox.db
      .updateTable('limit_notices')
      .set({ state: 'sending', leased_by: 'alive', lease_until: now - 1 })
      .execute();
    start(true);
    await wait(1, ['owner']);
    await until('sent', 'sending');
    expect(sent).toHaveLength(1);
  });

  it('are not sent twice where nobody knows whether the first was taken', async () => {
    answers = [{ state: 'unknown', reason: 'cut off' }];
    start();
    await wait(1, ['sender']);
    await until('failed');
    expect(sent).toHaveLength(1);
  });

  it('are dropped where the mail went on, or the recipient gets no mail', async () => {
    await wait(1, ['owner', 'sender']);
    await outbox.db.updateTable('mails').set({ state: 'queued' }).execute();
    start();
    await until('dropped', 'dropped');
    now += HOUR;
    const reason = { code: 'bounced', reason: 'gone', delivery_id: 'x', created_at: 1 } as const;
    await suppress(outbox.db, [{ agent_id: 'scout', address: BOB, ...reason }]);
    await wait(1, ['sender']);
    await until('dropped', 'dropped');
    expect(sent).toEqual([]);
  });

  it('hold what strangers wrote on one line, as text', async () => {
    start();
    const text = (pieces: readonly LetterText[]) => pieces.join('');
    await wait(1, []);
    await outbox.db
      .updateTable('mails')
      .set({ sender_name: 'Bob\r\nBcc: eve@evil.example', subject: 'Hi\r\nBcc: eve@evil.example' })
      .execute();
    const mailId = 'over-1';
    const named = { agent_id: 'scout', mail_id: mailId, limit_code: 'sender_limit' as const };
    await askForNotice(outbox.db, { ...named, role: 'sender', recipient: BOB, id: 'n', at: now, dueAt: now });
    for (const loop of loops) loop.wake();
    await until('sent');
    const { mail } = sent[0] ?? {};
    expect(text([mail?.subject ?? '', mail?.to[0]?.name ?? ''])).not.toMatch(/[\r\n]/);
  });
});
