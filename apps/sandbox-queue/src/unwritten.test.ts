/** A write that fails after something happened outside: the outcome is written later, and what happened does not happen again. */
import type { LogFields } from '@tinyfat/core';
import { askForNotice } from '@tinyfat/database';
import { type RefusedWrites, refuseUpdates } from '@tinyfat/testing/refused-writes';
import { afterEach, expect, it, vi } from 'vitest';
import { startLimitNotices } from './notices/limit-notices.ts';
import { type Consumers, openConsumers } from './test-support/consumers.ts';

let consumers: Consumers;
afterEach(() => consumers.close());

const open = async (idempotent: boolean) => {
  consumers = await openConsumers(['ant'], { idempotent });
};
const until = (look: () => unknown) => vi.waitFor(look, { timeout: 20_000, interval: 10 });
/** What the log said of writes that failed, once there are so many. */
async function failures(count: number): Promise<LogFields[]> {
  const found = () =>
    consumers.logged.flatMap(([event, fields]) => (event === 'not_written' && fields ? [fields] : []));
  await until(() => expect(found().length).toBeGreaterThanOrEqual(count));
  return found();
}
function expectCause(failed: LogFields[], { reason }: RefusedWrites): void {
  for (const { error } of failed) {
    expect(error).toMatch(reason);
    expect(error).not.toMatch(/rollback|not queryable/i);
  }
}
const rows = async () => {
  const deliveries = await consumers.db.selectFrom('deliveries').select('state').orderBy('seq').execute();
  const jobs = await consumers.db.selectFrom('jobs').select('state').orderBy('seq').execute();
  const mails = await consumers.db.selectFrom('mails').select('state').orderBy('received_at').execute();
  return [deliveries, jobs, mails].map((found) => found.map(({ state }) => state));
};

it.each([true, false])(
  'after the provider took a mail (folding repeats: %s): settled later, sent once, the next one goes on',
  async (idempotent) => {
    await open(idempotent);
    const refused = await refuseUpdates(consumers.db, 'deliveries', `new.state = 'sent'`);
    consumers.start();
    for (const number of [0, 1]) await consumers.add('ant', number);
    const failed = await failures(2);
    expect(failed[0]).toMatchObject({ delivery: expect.any(String), state: 'sent' });
    expectCause(failed, refused);
    expect(consumers.taken.get('ant')).toEqual(['Answer 0']);
    await refused.allow();
    await until(async () =>
      expect(await rows()).toEqual([
        ['sent', 'sent'],
        ['done', 'done'],
        ['replied', 'replied'],
      ]),
    );
    expect(consumers.taken.get('ant')).toEqual(['Answer 0', 'Answer 1']);
  },
);

it('after a turn: the job is settled later with its reply, and the model is not asked again', async () => {
  await open(true);
  const refused = await refuseUpdates(consumers.db, 'jobs', `new.state = 'done'`);
  consumers.start();
  await consumers.add('ant', 0);
  expectCause(await failures(2), refused);
  await refused.allow();
  await until(async () => expect(await rows()).toEqual([['sent'], ['done'], ['replied']]));
  expect(consumers.asked).toHaveLength(1);
  expect(consumers.taken.get('ant')).toEqual(['Answer 0']);
});

it.each([
  [true, 'sent', 'replied'],
  [false, 'uncertain', 'failed'],
] as const)(
  'after a stop in the middle of it (folding repeats: %s) the mail is %s, and was sent once',
  async (idempotent, delivery, mail) => {
    await open(idempotent);
    const refused = await refuseUpdates(consumers.db, 'deliveries', `new.state = 'sent'`);
    const first = consumers.start();
    await consumers.add('ant', 0);
    await failures(1);
    await first.stop();
    // The last line says what was not written.
    expect((await failures(1)).at(-1)).toMatchObject({ again_in_ms: null, state: 'sent' });
    await refused.allow();
    consumers.start();
    await until(async () => expect(await rows()).toEqual([[delivery], ['done'], [mail]]));
    expect(consumers.taken.get('ant')).toEqual(['Answer 0']);
  },
);

it('after a turn that a stop kept from being settled: the next start sends its reply, without the model', async () => {
  await open(true);
  const refused = await refuseUpdates(consumers.db, 'jobs', `new.state = 'done'`);
  const first = consumers.start();
  await consumers.add('ant', 0);
  await failures(1);
  await first.stop();
  await refused.allow();
  consumers.start();
  await until(async () => expect(await rows()).toEqual([['sent'], ['done'], ['replied']]));
  expect(consumers.asked).toHaveLength(1);
  const run = await consumers.db.selectFrom('runs').selectAll().executeTakeFirst();
  expect(run).toMatchObject({ status: 'done', model: 'demo', session_id: expect.any(String) });
});

it('after a notice of a limit: it is settled later and sent once', async () => {
  await open(false);
  const { db, deps, mail } = consumers;
  await mail('over', { state: 'over_limit', verdict: 'over_limit', reason_code: 'sender_limit' });
  const refused = await refuseUpdates(db, 'limit_notices', `new.state = 'sent'`);
  const at = deps.clock();
  const recipient = 'owner@example.com';
  await askForNotice(db, {
    agent_id: 'scout',
    role: 'sender',
    recipient,
    id: 'notice',
    mail_id: 'over',
    limit_code: 'sender_limit',
    at,
    dueAt: at,
  });
  let sent = 0;
  const loop = startLimitNotices({
    ...deps,
    transport: {
      name: 'provider',
      idempotent: false,
      send: async () => {
        sent += 1;
        return { state: 'sent', providerId: null, recipientsRefused: [] };
      },
      close: async () => {},
    },
  });
  expectCause(await failures(2), refused);
  await refused.allow();
  await until(async () =>
    expect(await db.selectFrom('limit_notices').select('state').execute()).toEqual([{ state: 'sent' }]),
  );
  await loop.stop(0);
  expect(sent).toBe(1);
});
