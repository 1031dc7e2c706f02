import { agentById, mailById, startRun } from '@tinyfat/database';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConsumerDeps } from '../consumer.ts';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { failJob } from './fail-job.ts';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(() => outbox.close());

it('writes the owner one mail about a cause, however many jobs end because of it at one moment', async () => {
  const deps = {
    ...outbox.deps,
    queue: { finish: async () => true },
    wakeUp: { wake: () => undefined },
  } as unknown as ConsumerDeps;
  const jobs = [];
  for (let at = 0; at < 8; at++) {
    const id = `mail-${at}`;
    const sender = `person-${at}@example.com`;
    await outbox.mail(id, { sender, sender_base: sender });
    const [agent, mail] = [await agentById(outbox.db, 'scout'), await mailById(outbox.db, id)];
    const work = { agent, mail, lease: {} } as Parameters<typeof failJob>[1];
    const again = { id, jobId: id, agentId: 'scout', mailId: id, command: null };
    const run = await startRun(outbox.db, { ...again, kind: 'turn', at: deps.clock() });
    await outbox.db.updateTable('runs').set({ started_at: deps.clock() }).where('id', '=', id).execute();
    jobs.push({ work, run });
  }
  const failure = { code: 'llm_billing', detail: null, errorMail: true };
  await Promise.all(jobs.map(({ work, run }) => failJob(deps, work, { run, ...failure })));
  const mails = await outbox.db
    .selectFrom('deliveries')
    .select(['recipients', 'kind'])
    .where('recipients', '=', '["owner@example.com"]')
    .execute();
  expect(mails).toEqual([{ recipients: '["owner@example.com"]', kind: 'error' }]);
});
