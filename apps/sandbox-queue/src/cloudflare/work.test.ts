/** When a topic is looked at again after an invocation: over a real database, with a sender that puts mails off. */
import type { SendOutcome, WakeTopic } from '@tinyfat/core';
import type { WebhookDeps } from '@tinyfat/intake';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConsumerDeps } from '../consumer.ts';
import { openOutbox } from '../test-support/outbox.ts';
import { type TopicDeps, untilOf, workOnTopic } from './work.ts';

const MINUTE_MS = 60_000;

describe('an invocation', () => {
  let outbox: Awaited<ReturnType<typeof openOutbox>>;
  let woken: string[];
  let outcome: SendOutcome;
  beforeEach(async () => {
    outbox = await openOutbox();
    woken = [];
    await outbox.mail('one');
    await outbox.delivery('one', { state: 'pending', filed: 0, sent_at: null, attempts: 0, provider: null });
  });
  afterEach(() => outbox.close());

  const deps = (baseMs: number): TopicDeps => ({
    consumer: {
      ...outbox.deps,
      transport: {
        name: 'provider',
        idempotent: true,
        send: async () => outcome,
        close: async () => {},
      },
      rawMail: { ...outbox.deps.rawMail, get: async () => new Uint8Array(1) },
      random: () => 1,
      deliveryBackoff: { baseMs, capMs: 10 * MINUTE_MS, maxAttempts: 30 },
    } as unknown as ConsumerDeps,
    webhooks: {} as WebhookDeps,
    wakeUp: {
      wake: (topic: WakeTopic) => void woken.push(topic),
      wakeLater: (topic, afterMs) => void woken.push(`${topic} in ${Math.round(afterMs / 1000)} s`),
    },
  });
  const now = () => outbox.deps.clock();
  const enough = () => ({ turns: now() + MINUTE_MS, tasks: now() + MINUTE_MS });

  it('wakes one for when a row is due that it put off for a short time', async () => {
    outcome = { state: 'temporary', reason: 'busy' };
    await workOnTopic(deps(20_000), 'deliveries', enough());
    expect(woken).toEqual([expect.stringMatching(/^deliveries in \d+ s$/)]);
    woken = [];
    // The row waits: this one finds nothing to do, and wakes nobody.
    await workOnTopic(deps(20_000), 'deliveries', enough());
    expect(woken).toEqual([]);
  });

  it('leaves what is due later to the sweep', async () => {
    outcome = { state: 'temporary', reason: 'busy' };
    await workOnTopic(deps(9 * MINUTE_MS), 'deliveries', enough());
    expect(woken).toEqual([]);
  });

  it('wakes one at once where rows are due and its time is up', async () => {
    await workOnTopic(deps(1), 'deliveries', { turns: now(), tasks: now() });
    expect(woken).toEqual(['deliveries']);
  });

  it('wakes nobody when all is done', async () => {
    outcome = { state: 'sent', providerId: 'p', recipientsRefused: [] };
    await workOnTopic(deps(1), 'deliveries', enough());
    expect(woken).toEqual([]);
  });
});

it('leaves a turn, with what is before and after it, the time that the invocation has', () => {
  expect(untilOf(0, 12 * MINUTE_MS)).toEqual({ turns: MINUTE_MS, tasks: 10 * MINUTE_MS });
  expect(untilOf(0, 10 * MINUTE_MS).turns).toBe(3 * MINUTE_MS);
});
