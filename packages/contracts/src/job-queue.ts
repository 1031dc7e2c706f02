/** Behaviour suite of the job queue; every database runs it. */
import {
  askToStop,
  backlog,
  type Database,
  insertMail,
  markAgentDeleted,
  pauseAgent,
  resumeAgent,
} from '@tinyfat/database';
import { isExhausted, type JobQueue, type Lease } from '@tinyfat/jobs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mailRow } from './mail-row.ts';

/** Two workers' views of one queue, with a clock that the test moves. Agents `agent-a` and `agent-b` exist. */
export interface JobQueueFixture {
  db: Database;
  queue: JobQueue;
  other: JobQueue;
  /** Ids of workers that have died; those of the two are `one` and `other`. */
  dead: Set<string>;
  now: { value: number };
  maxAttempts: number;
  /** Makes an agent, of this owner. */
  agent(name: string, owner: string): Promise<unknown>;
  dispose(): Promise<void>;
}

/** Writes an accepted mail with its job. */
export async function addJob(
  { db, queue }: Pick<JobQueueFixture, 'db' | 'queue'>,
  agentId: string,
  messageId: string,
): Promise<void> {
  const mail = mailRow(agentId, messageId);
  await db.transaction().execute(async (tx) => {
    await insertMail(tx, mail);
    await queue.add(tx, mail);
  });
}

export function jobQueueContract(name: string, make: () => Promise<JobQueueFixture>): void {
  describe(`JobQueue: ${name}`, () => {
    let fixture: JobQueueFixture;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(() => fixture.dispose());

    const add = (agentId: string, messageId: string) => addJob(fixture, agentId, messageId);
    const claimed = async (queue = fixture.queue): Promise<Lease> => {
      const lease = await queue.claim();
      if (!lease) throw new Error('nothing to claim');
      return lease;
    };
    const done = (lease: Lease, queue = fixture.queue) =>
      fixture.db.transaction().execute((tx) => queue.finish(tx, lease, 'done', null));
    const begun = async (queue = fixture.queue): Promise<Lease> => {
      const lease = await claimed(queue);
      expect(await fixture.db.transaction().execute((tx) => queue.begin(tx, lease))).toBe(true);
      return lease;
    };

    it('gives an agent one job at a time, in order, while other agents go on', async () => {
      const { queue } = fixture;
      for (const id of ['1', '2']) await add('agent-a', `<${id}@x>`);
      const first = await claimed();
      expect(await queue.claim()).toBeUndefined();
      await add('agent-b', '<b@x>');
      expect((await claimed()).agentId).toBe('agent-b');
      expect(await done(first)).toBe(true);
      const second = await claimed();
      expect(second.agentId).toBe('agent-a');
      expect(second.mailId).not.toBe(first.mailId);
    });

    it('keeps a job that is tried again before its agent’s later ones', async () => {
      const { queue, now } = fixture;
      for (const id of ['1', '2']) await add('agent-a', `<${id}@x>`);
      const first = await begun();
      expect(await queue.retry(first, now.value + 5000, 'busy')).toBe(true);
      expect(await queue.claim()).toBeUndefined();
      expect(await queue.nextDue()).not.toBeNull();
      now.value += 5000;
      const again = await claimed();
      expect([again.mailId, again.attempt]).toEqual([first.mailId, 2]);
    });

    it('goes on after a job failed for good', async () => {
      const { queue, db } = fixture;
      for (const id of ['1', '2']) await add('agent-a', `<${id}@x>`);
      const poison = await claimed();
      await db.transaction().execute((tx) => queue.finish(tx, poison, 'failed', 'poison'));
      expect((await claimed()).mailId).not.toBe(poison.mailId);
    });

    it('gives a released job back without counting the attempt', async () => {
      const { queue } = fixture;
      await add('agent-a', '<1@x>');
      await queue.release(await begun());
      expect((await claimed()).attempt).toBe(1);
    });

    it('puts a job back that had not begun without counting the attempt', async () => {
      const { queue, now } = fixture;
      await add('agent-a', '<1@x>');
      await queue.retry(await claimed(), now.value, 'the database was away');
      expect((await claimed()).attempt).toBe(1);
    });

    it('counts attempts that began and died, so that a poison job ends', async () => {
      const { other, dead, maxAttempts } = fixture;
      await add('agent-a', '<1@x>');
      for (let attempt = 1; attempt <= maxAttempts + 1; attempt++) {
        const lease = await begun();
        expect([lease.attempt, lease.maxAttempts]).toEqual([attempt, maxAttempts]);
        expect(isExhausted(lease)).toBe(attempt > maxAttempts);
        dead.add('one');
        expect(await other.reclaim(() => false)).toBe(1);
        dead.clear();
      }
    });

    it('counts no attempt of a job that was only claimed when its worker died', async () => {
      const { other, dead } = fixture;
      await add('agent-a', '<1@x>');
      for (let death = 0; death < 5; death++) {
        const lease = await claimed();
        expect([lease.attempt, isExhausted(lease)]).toEqual([1, false]);
        dead.add('one');
        expect(await other.reclaim(() => false)).toBe(1);
        dead.clear();
      }
    });

    it('exhausts a job that is claimed again and again and never begins', async () => {
      const { queue, now } = fixture;
      await add('agent-a', '<1@x>');
      let claims = 1;
      for (let lease = await claimed(); !isExhausted(lease); lease = await claimed()) {
        expect(lease.attempt).toBe(1);
        await queue.retry(lease, now.value, 'died early');
        claims += 1;
      }
      expect(claims).toBeGreaterThan(20);
      expect(claims).toBeLessThan(100);
    });

    it('begins nothing under a lease that was lost', async () => {
      const { queue, other, db, dead } = fixture;
      await add('agent-a', '<1@x>');
      const stale = await claimed();
      dead.add('one');
      await other.reclaim(() => false);
      expect((await claimed(other)).attempt).toBe(1);
      expect(await db.transaction().execute((tx) => queue.begin(tx, stale))).toBe(false);
      expect(await queue.release(stale)).toBe(false);
    });

    it('lets mail of a paused agent wait, and gives it in order once the agent goes on', async () => {
      const { queue, db, now } = fixture;
      await add('agent-a', '<1@x>');
      await pauseAgent(db, 'agent-a', now.value);
      for (const id of ['2', '3']) await add('agent-a', `<${id}@x>`);
      await add('agent-b', '<b@x>');
      now.value += 3_600_000;
      expect((await claimed()).agentId).toBe('agent-b');
      expect([await queue.hasNext(), await queue.claim(), await queue.nextDue()]).toEqual([
        false,
        undefined,
        null,
      ]);
      expect(await backlog(db, now.value)).toMatchObject({ jobsReady: 0, jobsPaused: 3, oldestDueMs: 0 });
      expect(await resumeAgent(db, 'agent-a', now.value)).toBe(3);
      expect(await backlog(db, now.value)).toMatchObject({ jobsReady: 3, jobsPaused: 0, oldestDueMs: 0 });
      const order: string[] = [];
      for (let count = 0; count < 3; count++) {
        const lease = await claimed();
        order.push(lease.mailId);
        await done(lease);
      }
      const rows = await db
        .selectFrom('jobs')
        .select('mail_id')
        .where('agent_id', '=', 'agent-a')
        .orderBy('seq');
      expect(order).toEqual((await rows.execute()).map(({ mail_id }) => mail_id));
    });

    it('parks a job that was running when its agent was paused, however it is put back', async () => {
      const { queue, other, db, now, dead } = fixture;
      await add('agent-a', '<1@x>');
      const putBack = [
        (lease: Lease) => queue.retry(lease, now.value, 'busy'),
        (lease: Lease) => queue.release(lease),
        async () => {
          dead.add('one');
          await other.reclaim(() => false);
          dead.clear();
        },
      ];
      for (const end of putBack) {
        const lease = await claimed();
        await pauseAgent(db, 'agent-a', now.value);
        await end(lease);
        expect(await other.claim()).toBeUndefined();
        expect((await backlog(db, now.value)).jobsPaused).toBe(1);
        await resumeAgent(db, 'agent-a', now.value);
      }
      expect((await claimed()).agentId).toBe('agent-a');
    });

    it('runs nothing of an agent that is paused and resumed while workers claim, but what was resumed', async () => {
      const { queue, other, db, now } = fixture;
      for (let id = 0; id < 10; id++) await add('agent-a', `<${id}@x>`);
      await pauseAgent(db, 'agent-a', now.value);
      const [resumed, ...leases] = await Promise.all([
        resumeAgent(db, 'agent-a', now.value),
        ...[queue, other, queue].map((one) => one.claim()),
      ]);
      expect(resumed).toBe(10);
      const given = leases.filter((lease) => lease !== undefined);
      expect(given.length).toBeLessThanOrEqual(1);
      for (const lease of given) await done(lease);
      // Whatever came first, no job was left behind.
      let rest = 0;
      for (let lease = await queue.claim(); lease; lease = await queue.claim()) {
        rest += 1;
        await done(lease);
      }
      expect(given.length + rest).toBe(10);
    });

    it('gives the jobs of a paused agent that is deleted, so that each comes to an end', async () => {
      const { db, now } = fixture;
      await pauseAgent(db, 'agent-a', now.value);
      await add('agent-a', '<1@x>');
      await markAgentDeleted(db, 'agent-a', now.value);
      expect((await claimed()).agentId).toBe('agent-a');
    });

    it('says whose end was asked for: before a claim, while it is worked on, and not once it is over', async () => {
      const { queue, other, db, now } = fixture;
      for (const id of ['1', '2']) await add('agent-a', `<${id}@x>`);
      const ask = ({ jobId }: { jobId: string }) =>
        askToStop(db, jobId, { at: now.value, by: 'owner@example.com' });
      const first = await begun();
      expect([first.stopAsked, await queue.stopsAsked([first.jobId])]).toEqual([false, new Set()]);
      expect(await Promise.all([ask(first), ask(first)])).toEqual([true, true]);
      expect(await other.stopsAsked([first.jobId, 'none'])).toEqual(new Set([first.jobId]));
      // Put back for later, it is due at once; the next claim knows of it.
      expect(await queue.retry(first, now.value + 60_000, 'busy')).toBe(true);
      const again = await claimed(other);
      expect(again).toMatchObject({ jobId: first.jobId, stopAsked: true });
      await done(again, other);
      expect(await ask(first)).toBe(false);
      expect(await claimed()).toMatchObject({ stopAsked: false });
    });

    it('ends what was asked to be ended although its agent is paused', async () => {
      const { queue, db, now } = fixture;
      for (const id of ['1', '2']) await add('agent-a', `<${id}@x>`);
      await pauseAgent(db, 'agent-a', now.value);
      expect(await queue.claim()).toBeUndefined();
      const jobs = await db.selectFrom('jobs').select('id').orderBy('seq').execute();
      const last = jobs.at(-1)?.id ?? '';
      expect(await askToStop(db, last, { at: now.value, by: 'owner@example.com' })).toBe(true);
      expect(await claimed()).toMatchObject({ jobId: last, stopAsked: true });
      expect(await queue.claim()).toBeUndefined();
    });

    it('serves the owner first who was served least recently', async () => {
      const { agent } = fixture;
      for (const name of ['x1', 'x2', 'x3']) await agent(name, 'x@example.com');
      await agent('y1', 'y@example.com');
      for (const name of ['x1', 'x2', 'x3', 'y1']) await add(name, `<${name}@x>`);
      const served: string[] = [];
      for (let count = 0; count < 4; count++) served.push((await claimed()).agentId);
      expect(served).toEqual(['x1', 'y1', 'x2', 'x3']);
    });

    it('leaves one worker to others while one owner holds all the rest', async () => {
      const { agent } = fixture;
      for (const name of ['x1', 'x2', 'x3', 'x4']) await agent(name, 'x@example.com');
      for (const name of ['y1', 'y2']) await agent(name, 'y@example.com');
      for (const name of ['x1', 'x2', 'x3']) await add(name, `<${name}@x>`);
      for (let count = 0; count < 3; count++) await claimed();
      await add('y1', '<y1@x>');
      const y = await claimed();
      expect(y.agentId).toBe('y1');
      await done(y);
      // Now the other one was served last, and still the owner with three of four workers has to wait.
      await add('x4', '<x4@x>');
      await add('y2', '<y2@x>');
      expect((await claimed()).agentId).toBe('y2');
      expect((await claimed()).agentId).toBe('x4');
    });

    it('never runs two jobs of one agent at once, and keeps each agent’s order, with racing workers', async () => {
      const { queue, other, db } = fixture;
      for (let index = 0; index < 30; index++) {
        await add(index % 2 ? 'agent-a' : 'agent-b', `<${index}@x>`);
      }
      const busy = new Set<string>();
      const order: Record<string, string[]> = { 'agent-a': [], 'agent-b': [] };
      const work = async (own: JobQueue) => {
        let idle = 0;
        while (idle < 50) {
          const lease = await own.claim();
          if (!lease) {
            idle++;
            await new Promise((resolve) => setImmediate(resolve));
            continue;
          }
          expect(busy.has(lease.agentId)).toBe(false);
          busy.add(lease.agentId);
          order[lease.agentId]?.push(lease.mailId);
          await new Promise((resolve) => setImmediate(resolve));
          busy.delete(lease.agentId);
          await done(lease, own);
        }
      };
      await Promise.all([work(queue), work(other), work(queue), work(other)]);
      for (const agent of ['agent-a', 'agent-b']) {
        const rows = await db
          .selectFrom('jobs')
          .select('mail_id')
          .where('agent_id', '=', agent)
          .orderBy('seq')
          .execute();
        expect(order[agent]).toEqual(rows.map((row) => row.mail_id));
      }
    });
  });
}
