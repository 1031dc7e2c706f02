/** Behaviour suite of the job queue; every implementation runs it. */
import type { Database, NewMail } from '@tinyfat/database';
import type { JobQueue, Lease } from '@tinyfat/queue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Two workers' views of one queue, with a clock that the test moves. */
export interface JobQueueFixture {
  db: Database;
  queue: JobQueue;
  other: JobQueue;
  now: { value: number };
  leaseMs: number;
  maxAttempts: number;
  dispose(): Promise<void>;
}

let made = 0;

/** A mail row as the door writes it; agents `agent-a` and `agent-b` must exist. */
export function mailRow(agentId: string, messageId: string, more: Partial<NewMail> = {}): NewMail {
  made++;
  return {
    id: `mail-${made}`,
    agent_id: agentId,
    received_at: made,
    via: 'smtp',
    client_address: '192.0.2.1',
    envelope_sender: 'a@example.com',
    envelope_recipient: 'agent@example.com',
    raw_key: `raw-${made}`,
    raw_bytes: 10,
    sender: 'a@example.com',
    sender_name: '',
    message_id: messageId,
    in_reply_to: null,
    thread_references: '',
    subject: 'Hello',
    sent_at: null,
    verdict: 'accepted',
    reason_code: 'accepted',
    reason: '',
    evidence: '{}',
    authentication: '',
    state: 'queued',
    state_reason: '',
    ...more,
  };
}

export function jobQueueContract(name: string, make: () => Promise<JobQueueFixture>): void {
  describe(`JobQueue: ${name}`, () => {
    let fixture: JobQueueFixture;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(() => fixture.dispose());

    const claimed = async (queue = fixture.queue): Promise<Lease> => {
      const lease = await queue.claim();
      if (!lease) throw new Error('nothing to claim');
      return lease;
    };
    const done = (lease: Lease, queue = fixture.queue) =>
      fixture.db.transaction().execute((tx) => queue.finish(tx, lease, 'done', null));

    it('makes one job for the same Message-ID to the same agent, and shows the second mail as duplicate', async () => {
      const { queue, db } = fixture;
      const first = await queue.enqueue([mailRow('agent-a', '<same@x>')]);
      const second = await queue.enqueue([mailRow('agent-a', '<same@x>'), mailRow('agent-b', '<same@x>')]);
      expect(first.map((arrival) => arrival.outcome)).toEqual(['queued']);
      expect(second.map((arrival) => arrival.outcome)).toEqual(['duplicate', 'queued']);
      expect(await db.selectFrom('jobs').selectAll().execute()).toHaveLength(2);
      const states = await db.selectFrom('mails').select(['state']).orderBy('received_at').execute();
      expect(states.map((row) => row.state)).toEqual(['queued', 'duplicate', 'queued']);
    });

    it('folds a duplicate even when both arrive at the same moment', async () => {
      const { queue, other } = fixture;
      const arrivals = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? queue : other).enqueue([mailRow('agent-a', '<race@x>')]),
        ),
      );
      expect(arrivals.flat().filter((arrival) => arrival.outcome === 'queued')).toHaveLength(1);
    });

    it('records a refused mail without a job, and a later accepted one with its Message-ID still counts', async () => {
      const { queue } = fixture;
      const refused = await queue.enqueue([
        mailRow('agent-a', '<x@x>', {
          verdict: 'refused',
          state: 'refused',
          reason_code: 'sender_not_allowed',
        }),
      ]);
      expect(refused[0]?.outcome).toBe('recorded');
      expect(await queue.claim()).toBeNull();
      expect((await queue.enqueue([mailRow('agent-a', '<x@x>')]))[0]?.outcome).toBe('queued');
    });

    it('gives an agent one job at a time, in order, while other agents go on', async () => {
      const { queue } = fixture;
      for (const id of ['1', '2']) await queue.enqueue([mailRow('agent-a', `<${id}@x>`)]);
      const first = await claimed();
      expect(await queue.claim()).toBeNull();
      await queue.enqueue([mailRow('agent-b', '<b@x>')]);
      expect((await claimed()).agentId).toBe('agent-b');
      expect(await done(first)).toBe(true);
      const second = await claimed();
      expect(second.agentId).toBe('agent-a');
      expect(second.mailId).not.toBe(first.mailId);
    });

    it('keeps a job that is tried again before its agent’s later ones', async () => {
      const { queue, now } = fixture;
      for (const id of ['1', '2']) await queue.enqueue([mailRow('agent-a', `<${id}@x>`)]);
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
      for (const id of ['1', '2']) await queue.enqueue([mailRow('agent-a', `<${id}@x>`)]);
      const poison = await claimed();
      await db.transaction().execute((tx) => queue.finish(tx, poison, 'failed', 'poison'));
      expect((await claimed()).mailId).not.toBe(poison.mailId);
    });

    it('takes a lease away when it ends, and makes its holder powerless', async () => {
      const { queue, other, now, leaseMs, db } = fixture;
      await queue.enqueue([mailRow('agent-a', '<1@x>')]);
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
      for (const agent of ['agent-a', 'agent-b']) await queue.enqueue([mailRow(agent, '<1@x>')]);
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
      await queue.enqueue([mailRow('agent-a', '<1@x>')]);
      await queue.release(await claimed());
      expect((await claimed()).attempt).toBe(1);
    });

    it('counts attempts of workers that died, so that a poison job can be told', async () => {
      const { queue, maxAttempts } = fixture;
      await queue.enqueue([mailRow('agent-a', '<1@x>')]);
      for (let attempt = 1; attempt <= maxAttempts + 1; attempt++) {
        const lease = await claimed();
        expect([lease.attempt, lease.maxAttempts]).toEqual([attempt, maxAttempts]);
        await queue.reclaim(true);
      }
    });

    it('never runs two jobs of one agent at once, and keeps each agent’s order, with racing workers', async () => {
      const { queue, other, db } = fixture;
      for (let index = 0; index < 30; index++) {
        await queue.enqueue([mailRow(index % 2 ? 'agent-a' : 'agent-b', `<${index}@x>`)]);
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
