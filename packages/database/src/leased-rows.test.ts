/** The protocol of leased rows over deliveries, webhook events, limit notices and sign-in mails; jobs have their own file. */
import { type LeasedRowsFixture, leasedRowsContract } from '@tinyfat/contracts/leased-rows';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { farWorker, nearWorker } from '@tinyfat/testing/workers';
import { expect, it } from 'vitest';
import { insertAgent } from './agents.ts';
import { deliveryById, deliveryRows, settleDelivery } from './deliveries.ts';
import type { LeaseDeps, LeasedRows } from './leased-rows.ts';
import { askForNotice, limitNoticeRows, settleNotice } from './limit-notices.ts';
import { mailById } from './mails.ts';
import { putSignInRequest, settleSignInMail, signInMailRows } from './sign-in-requests.ts';
import { insertWebhookEvent, settleWebhookEvent, webhookEventRows } from './webhook-events.ts';

const LEASE_MS = 30_000;

type Actions<Row> = Pick<LeasedRowsFixture<Row>, 'settle' | 'putBack'> & {
  add(number: number, now: number): Promise<void>;
};

/** A fixture over one table. */
async function open<Row>(
  rowsOf: (deps: LeaseDeps) => LeasedRows<Row>,
  actions: (sent: SentMail, now: () => number) => Actions<Row>,
): Promise<LeasedRowsFixture<Row>> {
  const sent = await openSentMail();
  const now = { value: 100_000_000 };
  const clock = () => now.value;
  const dead = new Set<string>();
  const deps = { db: sent.db, clock, leaseMs: LEASE_MS };
  const { add, ...rest } = actions(sent, clock);
  let added = 0;
  return {
    one: rowsOf({ ...deps, worker: nearWorker('one', dead) }),
    other: rowsOf({ ...deps, worker: nearWorker('other', dead) }),
    far: rowsOf({ ...deps, worker: farWorker('far') }),
    dead,
    now,
    leaseMs: LEASE_MS,
    add: () => add(++added, now.value),
    ...rest,
    dispose: () => sent.close(),
  };
}

const relay = { provider: 'smtp', idempotent: true };

leasedRowsContract('deliveries', () =>
  open(
    (deps) => deliveryRows(deps, relay),
    ({ db, mail, delivery }, now) => ({
      async add(number, at) {
        const id = `agent-${number}`;
        await insertAgent(db, { id, name: id, owner: 'owner@example.com', created_at: 1 }, []);
        await mail(id, { agent_id: id });
        await delivery(id, {
          agent_id: id,
          state: 'pending',
          next_attempt_at: at,
          created_at: at,
          sent_at: null,
        });
      },
      settle: (row) => settleDelivery(db, row, { state: 'sent' }, now()),
      putBack: (row, at) => settleDelivery(db, row, { state: 'pending', next_attempt_at: at }, now()),
    }),
  ),
);

leasedRowsContract('webhook events', () =>
  open(webhookEventRows, ({ db }, now) => ({
    async add(number, at) {
      await insertWebhookEvent(db, {
        id: `event-${number}`,
        provider: 'resend',
        event_id: `msg_${number}`,
        kind: 'received',
        provider_mail_id: `mail-${number}`,
        payload: '{}',
        state: 'pending',
        attempts: 0,
        next_attempt_at: at,
        created_at: at,
      });
    },
    settle: (row) =>
      settleWebhookEvent(db, row, { state: 'done', at: now(), reason_code: null, reason: null }, now()),
    putBack: (row, at) =>
      settleWebhookEvent(db, row, { state: 'pending', at, reason_code: null, reason: 'later' }, now()),
  })),
);

leasedRowsContract('limit notices', () =>
  open(
    (deps) => limitNoticeRows(deps, true),
    ({ db, mail }, now) => ({
      async add(number, at) {
        await mail(`mail-${number}`);
        await askForNotice(db, {
          agent_id: 'scout',
          role: 'sender',
          recipient: `sender-${number}@example.com`,
          id: `notice-${number}`,
          mail_id: `mail-${number}`,
          limit_code: 'sender_limit',
          at,
          dueAt: at,
        });
      },
      settle: (row) => settleNotice(db, row, { state: 'sent', next_attempt_at: now() }, now()),
      putBack: (row, at) => settleNotice(db, row, { state: 'pending', next_attempt_at: at }, now()),
    }),
  ),
);

leasedRowsContract('sign-in mails', () =>
  open(
    (deps) => signInMailRows(deps, true),
    ({ db }, now) => ({
      async add(number, at) {
        await putSignInRequest(db, {
          address: `person-${number}@example.com`,
          id: `request-${number}`,
          link_sha256: `link-${number}`,
          browser_sha256: `browser-${number}`,
          tries: 0,
          mail_state: 'pending',
          mail_attempts: 0,
          mail_next_at: at,
          created_at: at,
          expires_at: at + 1_000_000_000,
        });
      },
      settle: (row) => settleSignInMail(db, row, { mail_state: 'sent', mail_next_at: now() }, now()),
      putBack: (row, at) => settleSignInMail(db, row, { mail_state: 'pending', mail_next_at: at }, now()),
    }),
  ),
);

it('a delivery whose sender died is uncertain where the provider can not tell, and so is the answer of its mail', async () => {
  const sent = await openSentMail();
  const dead = new Set<string>();
  const deps = { db: sent.db, clock: () => 10, leaseMs: LEASE_MS };
  const once = { provider: 'smtp', idempotent: false };
  await sent.mail('m');
  const { id } = await sent.delivery('m', { state: 'pending', sent_at: null });
  const claimed = await deliveryRows({ ...deps, worker: nearWorker('one', dead) }, once).claim();
  expect(claimed).toMatchObject({ id, state: 'sending', doubt_since: 10, leased_by: 'one' });
  dead.add('one');
  const other = deliveryRows({ ...deps, worker: nearWorker('other', dead) }, once);
  expect(await other.reclaim(() => false)).toBe(1);
  expect(await deliveryById(sent.db, id)).toMatchObject({
    state: 'uncertain',
    reason_code: 'delivery_uncertain',
    leased_by: null,
  });
  expect(await mailById(sent.db, 'm')).toMatchObject({ state: 'failed' });
  expect(await other.claim()).toBeUndefined();
  await sent.close();
});

it('a row that a version without leases was working on is given back', async () => {
  const sent = await openSentMail();
  await sent.mail('m');
  await sent.delivery('m', { state: 'sending', sent_at: null });
  const deps = { db: sent.db, clock: () => 10, leaseMs: LEASE_MS, worker: farWorker() };
  const rows = deliveryRows(deps, relay);
  expect(await rows.reclaim(() => false)).toBe(1);
  expect(await rows.claim()).toMatchObject({ state: 'sending' });
  await sent.close();
});

it('an agent has one delivery in work, the first, however many workers ask at once', async () => {
  const sent = await openSentMail();
  await sent.mail('m');
  const deliveries: string[] = [];
  for (let count = 0; count < 5; count++) {
    deliveries.push((await sent.delivery('m', { state: 'pending', sent_at: null })).id);
  }
  const deps = { db: sent.db, clock: () => 10, leaseMs: LEASE_MS };
  const workers = Array.from({ length: 8 }, (_, number) =>
    deliveryRows({ ...deps, worker: farWorker(`worker-${number}`) }, relay),
  );
  for (const first of deliveries) {
    const claims = await Promise.all(workers.map((rows) => rows.claim()));
    const [claimed, ...others] = claims.filter((row) => row !== undefined);
    expect([claimed?.id, others]).toEqual([first, []]);
    if (claimed) await settleDelivery(sent.db, claimed, { state: 'sent' }, 20);
  }
  await sent.close();
});
