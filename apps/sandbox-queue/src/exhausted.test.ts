/** A job whose attempts all died: what its run had written is looked for before it is given up. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replyFileName, type TurnRequest } from '@tinyfat/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Consumers, openConsumers } from './test-support/consumers.ts';

let consumers: Consumers;
beforeEach(async () => {
  consumers = await openConsumers(['ant'], { idempotent: true });
});
afterEach(() => consumers.close());

const outbox = () => join(consumers.folder, 'agents/ant/outbox/email');
const write = (name: string, body: string) =>
  writeFileSync(join(outbox(), name), JSON.stringify({ body, log: '[its footer]', status: 'pending' }));

/** A consumer that is killed in the middle of a turn, after the turn has done this. */
async function dieInTurn(during: (request: TurnRequest) => void = () => {}): Promise<void> {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const consumer = consumers.start(undefined, {
    runner: {
      async runTurn(request) {
        during(request);
        resolve();
        await consumer.killed;
        throw new Error('killed');
      },
    },
  });
  await begun;
  consumer.kill();
  await consumer.stop();
}
/** What became of the only job, once it and its deliveries have ended; kinds of deliveries with their state, unless `sent`. */
async function ended() {
  return await vi.waitFor(
    async () => {
      const { db } = consumers;
      const job = await db.selectFrom('jobs').selectAll().executeTakeFirstOrThrow();
      const deliveries = await db.selectFrom('deliveries').selectAll().orderBy('seq').execute();
      expect(['done', 'failed']).toContain(job.state);
      for (const { state, filed } of deliveries) {
        expect([['pending', 'sending'].includes(state), filed]).toEqual([false, 1]);
      }
      const run = await db.selectFrom('runs').selectAll().executeTakeFirstOrThrow();
      const mail = await db.selectFrom('mails').selectAll().executeTakeFirstOrThrow();
      return {
        job,
        run,
        mail,
        kinds: deliveries.map(({ kind, state }) => (state === 'sent' ? kind : `${kind} ${state}`)),
      };
    },
    { timeout: 10_000, interval: 10 },
  );
}

it('the reply that the last attempt had written is sent, without the model', async () => {
  await consumers.add('ant', 0, 3);
  await dieInTurn();
  await dieInTurn();
  await dieInTurn(({ input }) => write(replyFileName(input.run_id), 'Answer 0'));
  consumers.start();
  const { job, run, mail, kinds } = await ended();
  expect([job.state, run.status, run.error_code, kinds]).toEqual(['done', 'done', null, ['reply']]);
  expect(mail.state).toBe('replied');
  expect([consumers.asked, consumers.taken.get('ant')]).toEqual([[], ['Answer 0']]);
});

it('it is sent before a further attempt, too', async () => {
  await consumers.add('ant', 0, 3);
  await dieInTurn(({ input }) => write(replyFileName(input.run_id), 'Answer 0'));
  consumers.start();
  expect(await ended()).toMatchObject({ job: { state: 'done' }, run: { attempt: 2, status: 'done' } });
  expect([consumers.asked, consumers.taken.get('ant')]).toEqual([[], ['Answer 0']]);
});

it('a reply that is not whole is none: the sender is told', async () => {
  await consumers.add('ant', 0, 1);
  await dieInTurn(({ input }) => writeFileSync(join(outbox(), replyFileName(input.run_id)), '{"body":"Ans'));
  consumers.start();
  const { job, run, kinds } = await ended();
  expect([job.state, run.error_code, kinds]).toEqual([
    'failed',
    'attempts_exhausted',
    ['reply failed', 'error'],
  ]);
  expect(consumers.asked).toEqual([]);
});

it('an answer that the agent itself had written is sent in the place of an error mail', async () => {
  await consumers.add('ant', 0, 1);
  await dieInTurn(() => write('mine.json', 'Answer 0'));
  consumers.start();
  const { job, run, kinds } = await ended();
  expect([job.state, run.status, run.error_code, kinds]).toEqual([
    'failed',
    'failed',
    'attempts_exhausted',
    ['reply'],
  ]);
  expect(consumers.taken.get('ant')).toEqual(['Answer 0']);
});

it('what an earlier run had left is not sent for this one, whose turn had not begun', async () => {
  await consumers.add('ant', 0, 3);
  write('for-somebody-else.json', 'Answer 9');
  await consumers.db.updateTable('jobs').set({ attempts: 3 }).execute();
  consumers.start();
  expect((await ended()).kinds).toEqual(['error']);
  expect(consumers.taken.get('ant')).toEqual(['']);
});

it('nor where the attempt died between its beginning and its turn', async () => {
  await consumers.add('ant', 0, 3);
  write('for-somebody-else.json', 'Answer 9');
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const consumer = consumers.start(undefined, {
    folders: {
      ...consumers.deps.folders,
      async read() {
        resolve();
        await consumer.killed;
        throw new Error('killed');
      },
    },
  });
  await begun;
  consumer.kill();
  await consumer.stop();
  expect(await consumers.db.selectFrom('runs').select(['attempt', 'session_id']).execute()).toEqual([
    { attempt: 1, session_id: null },
  ]);
  consumers.start();
  expect((await ended()).kinds).toEqual(['reply']);
  expect(consumers.taken.get('ant')).toEqual(['Answer 0']);
  mkdirSync(join(outbox(), '../failed'), { recursive: true });
  expect(readdirSync(join(outbox(), '../failed')).some((name) => name.startsWith('left-over-'))).toBe(true);
});

it('a job that was claimed again and again and never began ends, without its mail being read', async () => {
  await consumers.add('ant', 0, 3);
  await consumers.db.updateTable('jobs').set({ fence: 50 }).execute();
  const read = vi.fn(() => Promise.reject(new Error('reading it is what kills')));
  consumers.start(undefined, { workers: { ...consumers.deps.workers, read } });
  const { job, run, kinds } = await ended();
  expect([job.state, run.error_code, kinds]).toEqual(['failed', 'attempts_exhausted', ['error']]);
  expect(read).not.toHaveBeenCalled();
});
