/** Behaviour suite of the job queue; every database runs it. */
import { type Database, insertMail } from '@tinyfat/database';
import type { JobQueue, Lease } from '@tinyfat/jobs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mailRow } from './mail-row.ts';

/** Two workers' views of one queue, with a clock that the test moves. Agents `agent-a` and `agent-b` exist. */
export interface JobQueueFixture {
  db: Database;
  queue: JobQueue;
  other: JobQueue;
  now: { value: number };
  leaseMs: number;
  maxAttempts: number;
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

    it('gives an agent one job at a time, in order, while other agents go on', async () => {
      const { queue } = fixture;
      for (const id of ['1', '2']) await add('agent-a', `<${id}@x>`);
      const first = await claimed();
      expect(await queue.claim()).toBeNull();
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
      const first = await claimed();
      expect(await queue.retry(first, now.value + 5000, 'busy')).toBe(true);
      expect(await queue.claim()).toBeNull();
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

    it('takes a lease away when it ends, and makes its holder powerless', async () => {
      const { queue, other, now, leaseMs, db } = fixture;
      await add('agent-a', '<1@x>');
      const stale = await claimed();
      now.value += leaseMs - 1;
      expect(await other.reclaim(false)).toBe(0);
      expect(await queue.heartbeat(stale)).toBe(true);
      now.value += leaseMs + 1;
      expect(await other.reclaim(false)).toBe(1);
      const fresh = await claimed(other);
      expect([fresh.jobId, fresh.attempt]).toEqual([stale.jobId, 2]);
      expect(fresh.fence).toBeGreaterThan(stale.fence);
      expect(await queue.heartbeat(stale)).toBe(false);
      expect(await done(stale)).toBe(false);
      expect(await queue.retry(stale, now.value, 'x')).toBe(false);
      expect(await queue.release(stale)).toBe(false);
      expect((await db.selectFrom('jobs').select('state').executeTakeFirstOrThrow()).state).toBe('running');
      expect(await done(fresh, other)).toBe(true);
    });

    it('never takes back what its caller itself works on, however far the clock jumps', async () => {
      const { queue, now, leaseMs } = fixture;
      for (const agent of ['agent-a', 'agent-b']) await add(agent, '<1@x>');
      const own = await claimed();
      const dead = await claimed();
      now.value += 100 * leaseMs;
      expect(await queue.reclaim(false, [own.jobId])).toBe(1);
      expect((await claimed()).jobId).toBe(dead.jobId);
      expect(await queue.heartbeat(own)).toBe(true);
      expect(await done(own)).toBe(true);
    });

    it('gives a released job back without counting the attempt', async () => {
      const { queue } = fixture;
      await add('agent-a', '<1@x>');
      await queue.release(await claimed());
      expect((await claimed()).attempt).toBe(1);
    });

    it('counts attempts of workers that died, so that a poison job can be told', async () => {
      const { queue, maxAttempts } = fixture;
      await add('agent-a', '<1@x>');
      for (let attempt = 1; attempt <= maxAttempts + 1; attempt++) {
        const lease = await claimed();
        expect([lease.attempt, lease.maxAttempts]).toEqual([attempt, maxAttempts]);
        await queue.reclaim(true);
      }
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
