/** A run that does an old one again: a turn of its own, one answer, to whom the old one went. */
import type { TurnRequest } from '@tinyfat/core';
import { mailQueue } from '@tinyfat/intake';
import { jobQueue } from '@tinyfat/jobs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Consumers, openConsumers, turnResult } from './test-support/consumers.ts';

let consumers: Consumers;
beforeEach(async () => {
  consumers = await openConsumers(['ant'], { idempotent: true });
});
afterEach(() => consumers.close());

/** Runs a run of the only agent again. */
async function again(runId: string, text: string | null): Promise<string> {
  const { deps } = consumers;
  const jobs = jobQueue({ ...deps, maxAttempts: 3, atOnce: 1 });
  const limits = {} as Parameters<typeof mailQueue>[0]['limits'];
  const answer = await mailQueue({ ...deps, jobs, limits, ownerNoticeDelayMs: 0 }).runAgain({ runId, text });
  if (!answer.ok) throw new Error(answer.why);
  consumers.wake();
  return answer.runId;
}

/** All runs, once none goes on and every answer has left. */
async function settled(count: number) {
  return await vi.waitFor(
    async () => {
      const runs = await consumers.db
        .selectFrom('runs')
        .innerJoin('jobs', 'jobs.id', 'runs.job_id')
        .selectAll('runs')
        .orderBy('jobs.seq')
        .execute();
      const sent = await consumers.db.selectFrom('deliveries').selectAll().orderBy('seq').execute();
      const mail = await consumers.db.selectFrom('mails').selectAll().executeTakeFirstOrThrow();
      expect(runs.filter(({ status }) => status === 'done')).toHaveLength(count);
      expect(sent.map(({ state }) => state)).toEqual(Array(count).fill('sent'));
      expect(mail.state).toBe('replied');
      return { runs, sent };
    },
    { timeout: 10_000, interval: 5 },
  );
}

it('gives one more answer to the same person; the agent reads whose text it is', async () => {
  const requests: TurnRequest['input'][] = [];
  const consumer = consumers.start();
  await consumers.add('ant', 0);
  const first = (await settled(1)).runs[0];
  await consumer.stop();
  const { deps } = consumers;
  consumers.start(undefined, {
    runner: {
      async runTurn(request) {
        requests.push(request.input);
        const file = `outbox/email/${request.input.run_id}.json`;
        await deps.folders.write('ant', file, JSON.stringify({ body: 'Answer 7', status: 'pending' }));
        return turnResult();
      },
    },
  });
  const second = await again(first?.id ?? '', 'Only the cheapest.');
  await settled(2);
  const third = await again(second, null);
  const { runs, sent } = await settled(3);
  expect(runs.map(({ id, again_of, attempt }) => [id, again_of, attempt])).toEqual([
    [first?.id, null, 1],
    [second, first?.id, 1],
    [third, second, 1],
  ]);
  expect(sent.map(({ run_id, recipients, kind }) => [run_id, recipients, kind])).toEqual(
    runs.map(({ id }) => [id, '["ant@example.com"]', 'reply']),
  );
  expect(requests.map(({ run_id, email }) => [run_id, email.text, email.text_by])).toEqual([
    [second, 'Only the cheapest.', 'owner'],
    [third, 'What is new?', undefined],
  ]);
  // The session goes on where the mail of a person of its scope would.
  expect(new Set(runs.map(({ session_id }) => session_id)).size).toBe(1);
});
