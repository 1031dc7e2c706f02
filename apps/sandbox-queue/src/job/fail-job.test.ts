import { agentById, type Database, mailById, startRun } from '@tinyfat/database';
import { duringLock } from '@tinyfat/testing/during-lock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConsumerDeps } from '../consumer.ts';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { failJob } from './fail-job.ts';

const OWNER = 'owner@example.com';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(() => outbox.close());

/** Fails the job of a mail from this sender, because of the same cause each time. */
async function fail(id: string, sender: string): Promise<() => Promise<void>> {
  const deps = {
    ...outbox.deps,
    queue: { finish: async () => true },
    wakeUp: { wake: () => undefined },
  } as unknown as ConsumerDeps;
  await outbox.mail(id, { sender, sender_base: sender });
  const [agent, mail] = [await agentById(outbox.db, 'scout'), await mailById(outbox.db, id)];
  const at = deps.clock();
  const again = { id, jobId: id, agentId: 'scout', mailId: id, command: null };
  await outbox.db.updateTable('runs').set({ started_at: at }).where('id', '=', id).execute();
  const run = await startRun(outbox.db, { ...again, kind: 'turn', at });
  const work = { agent, mail, lease: { jobId: id }, signal: new AbortController().signal } as Parameters<
    typeof failJob
  >[1];
  return () => failJob(deps, work, { run, code: 'llm_billing', detail: null, errorMail: true });
}

it('writes the owner one mail about a cause, also where another job ends because of it at that moment', async () => {
  const [mine, other] = [await fail('mine', 'ann@example.com'), await fail('other', 'ben@example.com')];
  await other();
  const told = outbox.db.selectFrom('deliveries').selectAll().where('recipients', '=', `["${OWNER}"]`);
  expect(await told.execute()).toMatchObject([{ mail_id: 'other', kind: 'error' }]);
  // Before that it was told long ago; the other's mail comes while the job ends.
  const setTime = (on: Database, created_at: number) =>
    on.updateTable('deliveries').set({ created_at }).where('mail_id', '=', 'other').execute();
  await setTime(outbox.db, 1);
  const first = (tx: Database) => setTime(tx, outbox.deps.clock());
  await duringLock(outbox.db, [`owner:${OWNER}`], { first }, mine);
  expect((await told.execute()).map(({ mail_id }) => mail_id)).toEqual(['other']);
});
