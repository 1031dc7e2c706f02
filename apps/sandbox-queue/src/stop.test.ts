/** A run whose end somebody asked for ends without an answer, at whatever point it is, and the next mail has its turn. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replyFileName, type TurnRequest, type TurnResult } from '@tinyfat/core';
import { askToStop, type Database, insertRunAgain, noteSpending, runById } from '@tinyfat/database';
import { jobQueue } from '@tinyfat/jobs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Consumers, openConsumers } from './test-support/consumers.ts';

const OWNER = 'ant@example.com';
/** More statements than a job has, from its claim to its end. */
const STATEMENTS = 40;

let consumers: Consumers;
beforeEach(async () => {
  consumers = await openConsumers(['ant'], { idempotent: true });
});
afterEach(() => consumers.close());

const outbox = () => join(consumers.folder, 'agents/ant/outbox/email');
const jobOf = (number: number) =>
  consumers.db
    .selectFrom('jobs')
    .selectAll()
    .where('mail_id', '=', `ant-${number}`)
    .executeTakeFirstOrThrow();
const stop = async (number: number, at = 5) =>
  askToStop(consumers.db, (await jobOf(number)).id, { at, by: OWNER });

/** What became of a mail, once its job has ended and nothing is to be sent any more. */
async function ended(number: number) {
  return await vi.waitFor(
    async () => {
      const job = await jobOf(number);
      const sent = await consumers.db
        .selectFrom('deliveries')
        .selectAll()
        .where('mail_id', '=', `ant-${number}`)
        .execute();
      expect(['done', 'failed']).toContain(job.state);
      for (const { state } of sent) expect(['pending', 'sending']).not.toContain(state);
      const run = await consumers.db
        .selectFrom('runs')
        .selectAll()
        .where('job_id', '=', job.id)
        .executeTakeFirstOrThrow();
      const mail = await consumers.db
        .selectFrom('mails')
        .selectAll()
        .where('id', '=', `ant-${number}`)
        .executeTakeFirstOrThrow();
      return { job, run, mail, kinds: sent.map(({ kind }) => kind) };
    },
    { timeout: 10_000, interval: 5 },
  );
}

const cancelled: TurnResult = {
  outcome: { ok: false, code: 'sandbox_cancelled', message: '', retry: true },
  usage: { input: 5, output: 1, cacheRead: 0, cacheWrite: 0 },
  costUsd: 0.01,
  llmRequests: 1,
  firstRequestAt: 3,
  lastResponseAt: 4,
  durationMs: 1,
  folderBytes: 100,
};

/** A runner whose turns go on until they are cancelled, and then until `mayEnd`; `begun` resolves with the first of them. */
function hanging(
  during: (request: TurnRequest) => Promise<void> | void = () => {},
  mayEnd: Promise<void> = Promise.resolve(),
) {
  const { promise: begun, resolve } = Promise.withResolvers<TurnRequest>();
  return {
    begun,
    runner: {
      async runTurn(request: TurnRequest, signal: AbortSignal) {
        await during(request);
        resolve(request);
        await new Promise((over) => signal.addEventListener('abort', over, { once: true }));
        await mayEnd;
        return cancelled;
      },
    },
  };
}

describe('a turn under way', () => {
  it('is ended at once, its sender is told, and nothing that the agent wrote is sent', async () => {
    const { begun, runner } = hanging(({ input }) => {
      writeFileSync(join(outbox(), replyFileName(input.run_id)), '{"body":"Answer 0","status":"pending"}');
      writeFileSync(join(outbox(), 'more.json'), '{"to":"ant@example.com","subject":"x","body":"Answer 9"}');
    });
    const consumer = consumers.start(undefined, { runner });
    await consumers.add('ant', 0);
    await begun;
    expect(await stop(0)).toBe(true);
    // In another process it is the poll that finds it, or the wake-up that this one sent there.
    consumers.wake();
    const { job, run, mail, kinds } = await ended(0);
    expect([job.state, job.attempts, run.status, run.error_code]).toEqual([
      'failed',
      1,
      'failed',
      'run_stopped',
    ]);
    expect([mail.state, mail.state_reason]).toEqual(['failed', expect.stringContaining('stopped the turn')]);
    expect(kinds).toEqual(['error']);
    expect([run.first_request_at, run.acknowledged_at]).toEqual([3, run.finished_at]);
    await consumer.stop();

    await consumers.add('ant', 1);
    consumers.start();
    expect((await ended(1)).mail.state).toBe('replied');
    expect(consumers.taken.get('ant')).toEqual(['', 'Answer 1']);
    mkdirSync(join(outbox(), '../failed'), { recursive: true });
    const aside = readdirSync(join(outbox(), '../failed')).filter((name) => name.startsWith('left-over-'));
    expect(aside).not.toEqual([]);
  });

  it('gives free what it had reserved, and what it spent stays on record', async () => {
    const { begun, runner } = hanging(async ({ input }) => {
      const run = await runById(consumers.db, input.run_id);
      if (!run) throw new Error('no run');
      const used = { input: 5, output: 1, cacheRead: 0, cacheWrite: 0, costUsd: 0.01, requests: 1 };
      await noteSpending(consumers.db, run, { used, reserved: 500 });
    });
    consumers.start(undefined, { runner });
    await consumers.add('ant', 0);
    const { input } = await begun;
    expect(await runById(consumers.db, input.run_id)).toMatchObject({ reserved_micro_usd: 500 });
    await stop(0);
    const { run } = await ended(0);
    expect([run.reserved_micro_usd, run.cost_usd, run.input_tokens]).toEqual([0, 0.01, 5]);
  });

  it('is not tried again where its worker died before it could end it', async () => {
    const { begun, runner } = hanging();
    const consumer = consumers.start(undefined, { runner });
    await consumers.add('ant', 0);
    await begun;
    await stop(0);
    consumer.kill();
    await consumer.stop();
    consumers.start();
    const { run, kinds } = await ended(0);
    expect([run.error_code, run.attempt, kinds]).toEqual(['run_stopped', 1, ['error']]);
    expect(consumers.asked).toEqual([]);
  });
});

it('a run that waits for another attempt ends at once, however late that was due', async () => {
  await consumers.add('ant', 0);
  await consumers.db
    .updateTable('jobs')
    .set({ run_at: Date.now() + 3_600_000, attempts: 1 })
    .execute();
  await stop(0, Date.now());
  consumers.start();
  expect((await ended(0)).run.error_code).toBe('run_stopped');
  expect(consumers.asked).toEqual([]);
});

it('a run that was asked for again and did not begin ends without an attempt', async () => {
  consumers.start();
  await consumers.add('ant', 0);
  const { run: old, mail } = await ended(0);
  const queue = jobQueue({ ...consumers.deps, maxAttempts: 3, atOnce: 1 });
  const jobId = await queue.add(consumers.db, mail);
  const again = { id: 'again', jobId, at: 7, of: old, editedText: null };
  await insertRunAgain(consumers.db, again);
  await askToStop(consumers.db, jobId, { at: 8, by: OWNER });
  consumers.wake();
  const over = await vi.waitFor(async () => {
    const run = await runById(consumers.db, 'again');
    expect(run?.status).toBe('failed');
    return run;
  });
  expect(over).toMatchObject({ attempt: 0, error_code: 'run_stopped', again_of: old.id });
});

it('asked once it is over changes nothing; asked twice keeps who asked first', async () => {
  consumers.start();
  await consumers.add('ant', 0);
  await ended(0);
  expect(await stop(0)).toBe(false);
  expect(await jobOf(0)).toMatchObject({ stop_asked_at: null });
  const bothAsked = Promise.withResolvers<void>();
  const { begun, runner } = hanging(undefined, bothAsked.promise);
  await consumers.close();
  consumers = await openConsumers(['ant'], { idempotent: true });
  consumers.start(undefined, { runner });
  await consumers.add('ant', 1);
  await begun;
  const { id } = await jobOf(1);
  for (const [index, by] of ['first@example.com', 'second@example.com'].entries()) {
    expect(await askToStop(consumers.db, id, { at: 5 + index, by })).toBe(true);
  }
  bothAsked.resolve();
  expect(await jobOf(1)).toMatchObject({ stop_asked_at: 5, stop_asked_by: 'first@example.com' });
  expect((await ended(1)).kinds).toEqual(['error']);
});

it('at any statement of a job, a stop that was taken ends it as stopped, and one that was not found it over', async () => {
  const outcomes = new Set<string>();
  for (let number = 0; number < STATEMENTS; number++) {
    await consumers.add('ant', number);
    let asked: Promise<boolean> = Promise.resolve(false);
    const consumer = consumers.start(undefined, {
      db: atStatement(number, () => {
        asked = stop(number);
      }),
    });
    const { job, run, kinds } = await ended(number);
    if (await asked) {
      expect([job.state, run.status, run.error_code, kinds]).toEqual([
        'failed',
        'failed',
        'run_stopped',
        ['error'],
      ]);
    } else {
      expect([job.state, run.status, run.error_code, kinds]).toEqual(['done', 'done', null, ['reply']]);
    }
    outcomes.add(job.state);
    await consumer.stop();
  }
  expect([...outcomes].sort()).toEqual(['done', 'failed']);
});

/** The database, through which something happens at this statement. */
function atStatement(number: number, happen: () => void): Database {
  let statements = 0;
  return consumers.db.withPlugin({
    transformQuery({ node }) {
      if (statements++ === number) happen();
      return node;
    },
    transformResult: async ({ result }) => result,
  });
}
