/** A delivery that fails again and again at a real relay: which of its tries are warnings, and what they say. */
import { ERRORS, type LogFields, type Logger, logRecorder } from '@tinyfat/core';
import { deliveryById } from '@tinyfat/database';
import { smtpRelay } from '@tinyfat/mail/node';
import { startSender } from '@tinyfat/sandbox-queue';
import { type ScriptedSmtp, startScriptedSmtp } from '@tinyfat/testing/stand-ins/scripted-smtp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Outbox, openOutbox } from '../../sandbox-queue/src/test-support/outbox.ts';
import { watchMailOut } from './parts/mail-out.ts';

const raw = new TextEncoder().encode('Subject: x\r\n\r\nhello\r\n');

describe('a delivery that fails', () => {
  let outbox: Outbox;
  let relay: ScriptedSmtp;
  let stop: (() => Promise<void>)[];
  let lines: (LogFields & { level: string; event: string })[];
  beforeEach(async () => {
    outbox = await openOutbox();
    stop = [];
    lines = [];
  });
  afterEach(async () => {
    for (const step of stop.reverse()) await step();
    await outbox.close();
  });
  const log =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ ...fields, level, event });
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };

  /** Sends one mail until it is given up after so many tries, and gives its row. */
  async function failing(script: Parameters<typeof startScriptedSmtp>[0], maxAttempts: number) {
    relay = await startScriptedSmtp(script);
    stop.push(relay.close);
    await outbox.mail('reply');
    outbox.write('email', 'reply.json', '{"body":"Pong."}');
    const waiting = { state: 'pending' as const, attempts: 0, sent_at: null, filed: 0 };
    const delivery = await outbox.delivery('reply', { ...waiting, recipients: '["ann@example.com"]' });
    await outbox.deps.rawMail.put(delivery.raw_key, raw);
    const url = `smtp://me:pass-word@127.0.0.1:${relay.port}`;
    const mailOut = watchMailOut({
      transport: smtpRelay({ url, hostname: 'agents.test' }),
      check: null,
      clock: Date.now,
      logger,
    });
    const sender = startSender({
      ...outbox.deps,
      clock: Date.now,
      logger,
      recorder: logRecorder(logger),
      transport: mailOut.transport,
      deliveryBackoff: { baseMs: 1, capMs: 1, maxAttempts },
    });
    stop.push(() => sender.stop(1000), mailOut.transport.close);
    await vi.waitFor(
      async () =>
        expect(await deliveryById(outbox.db, delivery.id)).toMatchObject({ state: 'failed', filed: 1 }),
      { timeout: 20_000, interval: 10 },
    );
    return { delivery, mailOut };
  }
  const tries = () => lines.filter(({ event }) => event === 'delivery');

  it('is warned of at its first try, at each tenth, and at its end', async () => {
    const login = {
      ehlo: '250-scripted\r\n250 AUTH PLAIN',
      auth: '535 5.7.8 ann@example.com: pass-word is wrong',
    };
    const { delivery, mailOut } = await failing(login, 21);
    expect(tries()).toHaveLength(21);
    const warned = tries().filter(({ level }) => level === 'warn');
    expect(warned.map(({ attempt }) => attempt)).toEqual([1, 10, 20, 21]);
    expect(warned[0]).toMatchObject({
      delivery: delivery.id,
      agent: 'scout',
      state: 'pending',
      code: 'relay_login_refused',
      reason: expect.stringContaining('535 5.7.8'),
      nextAttempt: expect.stringMatching(/^20.*Z$/),
      nextStep: ERRORS.relay_login_refused.nextStep,
    });
    expect(warned[3]).toMatchObject({
      state: 'failed',
      code: 'delivery_exhausted',
      nextStep: expect.stringContaining(`tinyfat outbox retry ${delivery.id}`),
    });
    expect(warned[3]?.nextAttempt).toBeUndefined();
    expect(JSON.stringify(lines)).not.toMatch(/pass-word|ann@/);
    // All of them are one trouble of the relay.
    expect(lines.filter(({ event }) => event === 'mail_out_failing')).toHaveLength(1);
    expect(mailOut.warning()).toMatch(/^Mail out fails \(relay_login_refused\)\. /);
  });

  it('for what is in it is told as what it is, and not as trouble of the relay', async () => {
    const { mailOut } = await failing({ ehlo: '250-scripted\r\n250 AUTH PLAIN', data: '554 5.6.0 No' }, 3);
    expect(tries()).toMatchObject([
      { level: 'warn', state: 'failed', code: 'delivery_rejected', attempt: 1 },
    ]);
    expect(mailOut.warning()).toBeNull();
  });

  it('because it is put off has a code, and says something of the relay only after five tries', async () => {
    const script = { ehlo: '250-scripted\r\n250 AUTH PLAIN', data: '451 4.7.1 Greylisted' };
    const { mailOut } = await failing(script, 7);
    expect(tries().map(({ code }) => code)).toEqual([
      ...Array(6).fill('delivery_deferred'),
      'delivery_exhausted',
    ]);
    const before = lines.slice(
      0,
      lines.findIndex(({ event }) => event === 'mail_out_failing'),
    );
    expect(before.filter(({ event }) => event === 'delivery')).toHaveLength(4);
    expect(mailOut.warning()).toMatch(/^Mail out fails \(delivery_deferred\)\. /);
  });
});
