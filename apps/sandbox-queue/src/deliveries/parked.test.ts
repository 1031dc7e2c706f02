/** A mail for which the provider's account may not send: it waits for as long as that takes. And doubt that stays. */
import type { MailTransport, SendOutcome } from '@tinyfat/core';
import { deliveryById, deliveryRows, mailById, type NewDelivery } from '@tinyfat/database';
import { nearWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { startSender } from './sender.ts';

const HOUR = 3_600_000;
const sent: SendOutcome = { state: 'sent', providerId: 'p-1', recipientsRefused: [] };

describe('an outcome of a provider with an account', () => {
  let outbox: Outbox;
  let delivery: NewDelivery;
  let now: number;
  let stop: (() => Promise<void>) | null = null;
  beforeEach(async () => {
    outbox = await openOutbox();
    now = outbox.deps.clock();
    await outbox.mail('reply');
    outbox.write('email', 'reply.json', '{"body":"Pong."}');
    const waiting = { state: 'pending' as const, attempts: 0, sent_at: null, filed: 0 };
    delivery = await outbox.delivery('reply', { ...waiting, recipients: '["ann@example.com"]' });
    await outbox.deps.rawMail.put(delivery.raw_key, new Uint8Array([1]));
  });
  afterEach(async () => {
    await stop?.();
    stop = null;
    await outbox.close();
  });

  /** Gives the outcomes in order, the last one again and again; `tries` counts. */
  async function sendWith(idempotent: boolean, ...outcomes: SendOutcome[]) {
    let tries = 0;
    const transport: MailTransport = {
      name: 'resend',
      idempotent,
      remembersMs: 24 * HOUR,
      send: async () => outcomes[Math.min(tries++, outcomes.length - 1)] ?? sent,
      close: async () => {},
    };
    const sender = startSender({ ...outbox.deps, clock: () => now, transport });
    stop = () => sender.stop(1000);
    return { wake: sender.wake, tries: () => tries };
  }
  const row = () => deliveryById(outbox.db, delivery.id);
  const until = (expected: object) =>
    vi.waitFor(async () => expect(await row()).toMatchObject(expected), { timeout: 10_000, interval: 5 });
  /** A server that claims the delivery and is killed. */
  const claimAndDie = (provider: string) => {
    const worker = nearWorker('dead', new Set());
    return deliveryRows({ ...outbox.deps, clock: () => now, worker }, { provider, idempotent: true }).claim();
  };
  const parked = (retryAfterMs?: number): SendOutcome => ({
    state: 'temporary',
    reason: 'The quota is used up.',
    parked: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

  it.each([
    [undefined, HOUR],
    [1000, HOUR],
    [5 * HOUR, 5 * HOUR],
    [100 * HOUR, 24 * HOUR],
  ])('that parks the mail for %s ms has it wait %i ms, shown with the reason', async (asked, wait) => {
    await sendWith(true, parked(asked));
    await until({
      state: 'pending',
      attempts: 0,
      next_attempt_at: now + wait,
      reason_code: 'delivery_parked',
      reason: 'The quota is used up.',
    });
    expect(await mailById(outbox.db, 'reply')).not.toMatchObject({ state: 'failed' });
  });

  it('that parks the mail more often than it may be tried does not use up the tries', async () => {
    const { wake, tries } = await sendWith(true, ...Array(10).fill(parked()), sent);
    for (let time = 1; time <= 10; time++) {
      await vi.waitFor(() => expect(tries()).toBe(time), { timeout: 10_000, interval: 5 });
      await until({ state: 'pending', attempts: 0 });
      now += HOUR;
      wake();
    }
    await until({ state: 'sent', reason_code: null, reason: null, attempts: 1 });
  });

  it('that refuses the account says so in the delivery and in the file', async () => {
    await sendWith(true, { state: 'permanent', reason: 'No such key.', code: 'provider_unauthorized' });
    await until({ state: 'failed', reason_code: 'provider_unauthorized', filed: 1 });
    expect(outbox.read('failed', 'reply.json').error).toMatch(
      new RegExp(`No such key\\. .*outbox retry ${delivery.id}$`),
    );
  });

  it('that leaves doubt is asked for again where repeats are folded', async () => {
    const { tries } = await sendWith(true, { state: 'unknown', reason: 'No answer.' }, sent);
    await until({ state: 'pending', reason: 'No answer.' });
    now += HOUR;
    await until({ state: 'sent', attempts: 2 });
    expect(tries()).toBe(2);
  });

  it('that leaves doubt is not asked for again once the provider has forgotten the try', async () => {
    const { tries } = await sendWith(true, { state: 'unknown', reason: 'No answer.' }, parked(), sent);
    await until({ state: 'pending', reason: 'No answer.' });
    now += HOUR;
    // Surely not sent this time, but the first try may have been.
    await until({ state: 'pending', reason_code: 'delivery_parked' });
    now += 23 * HOUR;
    await until({ state: 'uncertain', reason_code: 'delivery_uncertain' });
    expect(tries()).toBe(2);
    expect((await row())?.reason).toContain('does not remember');
  });

  it('that leaves no doubt may be tried again after any time', async () => {
    const { tries } = await sendWith(true, parked(24 * HOUR), parked(24 * HOUR), sent);
    for (const time of [1, 2]) {
      await vi.waitFor(() => expect(tries()).toBe(time), { timeout: 10_000, interval: 5 });
      await until({ state: 'pending', doubt_since: null });
      now += 24 * HOUR;
    }
    await until({ state: 'sent' });
  });

  it('that a crash kept from us counts as doubt from its try on', async () => {
    expect((await claimAndDie('resend'))?.id).toBe(delivery.id);
    now += 24 * HOUR;
    const { tries } = await sendWith(true, sent);
    await until({ state: 'uncertain' });
    expect(tries()).toBe(0);
  });

  it('that another provider left in doubt is not asked of this one', async () => {
    await claimAndDie('smtp');
    const { tries } = await sendWith(true, sent);
    await until({ state: 'uncertain', reason_code: 'delivery_uncertain' });
    expect(tries()).toBe(0);
  });

  it('that a crash left in doubt is asked again of the same provider', async () => {
    await claimAndDie('resend');
    const { tries } = await sendWith(true, sent);
    await until({ state: 'sent' });
    expect(tries()).toBe(1);
  });

  it('that leaves doubt for good is for the owner to decide, also where repeats are folded', async () => {
    const { tries } = await sendWith(true, { state: 'unknown', reason: 'Other payload.', final: true });
    await until({ state: 'uncertain', reason_code: 'delivery_uncertain', reason: 'Other payload.' });
    expect(tries()).toBe(1);
  });
});
