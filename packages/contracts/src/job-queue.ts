/** Behaviour suite of the job queue; every implementation runs it. */
import {
  type MailLimits,
  OWNER_THREAD_DAY_LIMIT,
  QUARANTINE_LIMIT,
  THREAD_LIMIT,
  THREAD_WINDOW_MS,
} from '@tinyfat/core';
import type { Database, NewMail } from '@tinyfat/database';
import { type JobQueue, type Lease, MailboxFull } from '@tinyfat/queue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Two workers' views of one queue, with a clock that the test moves. */
export interface JobQueueFixture {
  db: Database;
  queue: JobQueue;
  other: JobQueue;
  now: { value: number };
  leaseMs: number;
  maxAttempts: number;
  /** The limits of both; an hour has fewer mails of one sender than of all. */
  limits: MailLimits;
  ownerNoticeDelayMs: number;
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
    sender_base: 'a@example.com',
    secret_address: null,
    sender_name: '',
    message_id: messageId,
    in_reply_to: null,
    thread_references: '',
    thread: messageId,
    others: '[]',
    signature: null,
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
    ...(more.sender === undefined ? {} : { sender_base: more.sender }),
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
      expect(first.map((arrival) => arrival.queued)).toEqual([true]);
      expect(second.map((arrival) => arrival.verdict)).toEqual(['duplicate', 'accepted']);
      expect(second.map((arrival) => arrival.queued)).toEqual([false, true]);
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
      expect(arrivals.flat().filter((arrival) => arrival.queued)).toHaveLength(1);
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
      expect(refused[0]).toMatchObject({ verdict: 'refused', queued: false });
      expect(await queue.claim()).toBeNull();
      expect((await queue.enqueue([mailRow('agent-a', '<x@x>')]))[0]?.queued).toBe(true);
    });

    it('folds a copy with the same signature under another Message-ID, and says so', async () => {
      const { queue, db } = fixture;
      const signature = { signature: 'ab'.repeat(32) };
      await queue.enqueue([mailRow('agent-a', '<first@x>', signature)]);
      const [copy] = await queue.enqueue([mailRow('agent-a', '<changed@x>', signature)]);
      expect(copy).toMatchObject({ verdict: 'duplicate', code: 'replayed', queued: false });
      const [elsewhere] = await queue.enqueue([mailRow('agent-b', '<changed@x>', signature)]);
      expect(elsewhere?.queued).toBe(true);
      expect(await db.selectFrom('jobs').selectAll().execute()).toHaveLength(2);
    });

    it('keeps what one sender writes beyond an hour’s limit without a job, and takes others’ mail', async () => {
      const { queue, now, limits } = fixture;
      const write = async (index: number, sender = 'a@example.com') =>
        (await queue.enqueue([mailRow('agent-a', `<${index}@x>`, { received_at: now.value, sender })]))[0];
      for (let index = 0; index < limits.senderHour; index++) expect((await write(index))?.queued).toBe(true);
      expect(await write(100)).toMatchObject({ verdict: 'over_limit', code: 'sender_limit', queued: false });
      expect((await write(101, 'b@example.com'))?.queued).toBe(true);
      now.value += 3_600_001;
      expect((await write(102))?.queued).toBe(true);
      // A copy of what is over the limit is a copy, not one more chance.
      expect((await write(100))?.verdict).toBe('duplicate');
    });

    it('spares the owner that authentication proved, and nobody who only came by a secret address', async () => {
      const { queue, now, limits } = fixture;
      const write = (sender: string, code = 'accepted') => {
        const row = { received_at: now.value, sender, reason_code: code };
        return queue.enqueue([mailRow('agent-a', `<owner-${made}@x>`, row)]);
      };
      for (let index = 0; index <= limits.agentHour; index++) {
        expect((await write('o@example.com'))[0]?.queued).toBe(true);
      }
      const forged = await write('o@example.com', 'accepted_by_secret_address');
      expect(forged).toMatchObject([{ verdict: 'over_limit', code: 'sender_limit', queued: false }]);
    });

    it('quarantines a machine of the owner that answers every answer in a thread of its own', async () => {
      const { queue, now } = fixture;
      const write = (subject: string) => {
        const row = { received_at: now.value, sender: 'o@example.com', subject };
        return queue.enqueue([mailRow('agent-a', `<machine-${made}@x>`, row)]);
      };
      for (let index = 0; index < OWNER_THREAD_DAY_LIMIT; index++) {
        now.value += 60_000;
        expect((await write('Re: Hello'))[0]?.queued).toBe(true);
      }
      expect(await write('Re: Hello')).toMatchObject([{ verdict: 'quarantined', code: 'thread_too_fast' }]);
      expect((await write('Hello'))[0]?.queued).toBe(true);
      expect((await write(''))[0]?.queued).toBe(true);
    });

    it('asks for one notice an hour to the sender and one to the owner, however many mails come at once', async () => {
      const { queue, other, db, now, limits, ownerNoticeDelayMs } = fixture;
      const notices = () =>
        db.selectFrom('limit_notices').selectAll().orderBy('role').orderBy('created_at').execute();
      const flood = (count: number) =>
        Promise.all(
          Array.from({ length: count }, (_, index) => {
            const mail = mailRow('agent-a', `<flood-${made}@x>`, { received_at: now.value });
            return (index % 2 ? queue : other).enqueue([mail]);
          }),
        );
      const kept = (await flood(limits.senderHour + 6)).flat().filter((one) => one.verdict === 'over_limit');
      const first = await notices();
      expect(first).toMatchObject([
        { role: 'owner', recipient: 'o@example.com', limit_code: 'sender_limit', state: 'pending' },
        { role: 'sender', recipient: 'a@example.com', limit_code: 'sender_limit', state: 'pending' },
      ]);
      expect(kept.map(({ mailId }) => mailId)).toContain(first[1]?.mail_id);
      expect(first.map((row) => row.next_attempt_at)).toEqual([now.value + ownerNoticeDelayMs, now.value]);
      now.value += 3_599_999;
      await flood(limits.senderHour + 6);
      expect(await notices()).toEqual(first);
      now.value += 1;
      await flood(limits.senderHour + 1);
      expect((await notices()).map((row) => row.created_at)).toEqual([now.value, now.value]);
    });

    it('tells the owner alone of mails whose sender nobody proved, and nobody of what is quarantined', async () => {
      const { queue, db, now, limits } = fixture;
      const roles = async () =>
        (await db.selectFrom('limit_notices').select('role').execute()).map(({ role }) => role);
      const write = (row: Partial<NewMail>) =>
        queue.enqueue([mailRow('agent-a', `<quiet-${made}@x>`, { received_at: now.value, ...row })]);
      for (const verdict of ['quarantined', 'refused', 'automatic'] as const) {
        for (let index = 0; index <= limits.senderHour; index++) await write({ verdict, state: verdict });
      }
      for (let index = 0; index <= THREAD_LIMIT; index++) await write({ thread: '<fast@x>' });
      expect(await roles()).toEqual([]);
      const secret = { reason_code: 'accepted_by_secret_address', sender: 'b@example.com' };
      for (let index = 0; index <= limits.senderHour; index++) await write(secret);
      expect(await roles()).toEqual(['owner']);
    });

    it('keeps what all senders together write beyond the agent’s limit', async () => {
      const { queue, now, limits } = fixture;
      const write = async (index: number, agent = 'agent-a') => {
        const row = mailRow(agent, `<${index}@x>`, {
          received_at: now.value,
          sender: `p${index}@example.com`,
        });
        return (await queue.enqueue([row]))[0];
      };
      for (let index = 0; index < limits.agentHour; index++) await write(index);
      expect(await write(100)).toMatchObject({ verdict: 'over_limit', code: 'agent_limit' });
      expect((await write(101, 'agent-b'))?.queued).toBe(true);
    });

    it('lets exactly as many in as the limit says when many arrive at one moment', async () => {
      const { queue, other, limits, now } = fixture;
      const arrivals = await Promise.all(
        Array.from({ length: limits.senderHour + 10 }, (_, index) =>
          (index % 2 ? queue : other).enqueue([
            mailRow('agent-a', `<${index}@x>`, { received_at: now.value }),
          ]),
        ),
      );
      expect(arrivals.flat().filter((arrival) => arrival.queued)).toHaveLength(limits.senderHour);
    });

    it('quarantines a thread that goes back and forth without a pause', async () => {
      const { queue, now } = fixture;
      const write = async (index: number, thread: string) => {
        const row = mailRow('agent-a', `<${index}@x>`, { received_at: now.value, thread });
        return (await queue.enqueue([row]))[0];
      };
      for (let index = 0; index < THREAD_LIMIT; index++)
        expect((await write(index, '<t@x>'))?.queued).toBe(true);
      expect(await write(100, '<t@x>')).toMatchObject({ verdict: 'quarantined', code: 'thread_too_fast' });
      expect((await write(101, '<u@x>'))?.queued).toBe(true);
      // Somebody else in the same thread is no part of it.
      const other = { received_at: now.value, thread: '<t@x>', sender: 'b@example.com' };
      expect((await queue.enqueue([mailRow('agent-a', '<b@x>', other)]))[0]?.queued).toBe(true);
      now.value += THREAD_WINDOW_MS + 1;
      expect((await write(102, '<t@x>'))?.queued).toBe(true);
    });

    it('gives a mail that waits its job when it is released, once, after what waits already', async () => {
      const { queue, db } = fixture;
      const quarantined = mailRow('agent-a', '<quarantined@x>', {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      });
      await queue.enqueue([quarantined]);
      await queue.enqueue([mailRow('agent-a', '<later@x>')]);
      expect(await queue.releaseMail(quarantined.id)).toBe('queued');
      expect(await queue.releaseMail(quarantined.id)).toBe('not_waiting');
      expect(await queue.releaseMail('none')).toBe('unknown');
      const first = await claimed();
      await done(first);
      const second = await claimed();
      expect([first.mailId === quarantined.id, second.mailId]).toEqual([false, quarantined.id]);
      const row = await db
        .selectFrom('mails')
        .selectAll()
        .where('id', '=', quarantined.id)
        .executeTakeFirstOrThrow();
      expect([row.verdict, row.state]).toEqual(['quarantined', 'queued']);
    });

    it('takes a mail that had its turn for no waiting one, though its answer awaits approval', async () => {
      const { queue, db } = fixture;
      const doubtful = {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      } as const;
      const mail = mailRow('agent-a', '<m@x>', doubtful);
      await queue.enqueue([mail]);
      await queue.releaseMail(mail.id);
      await done(await claimed());
      await db.updateTable('mails').set({ state: 'awaiting_approval' }).where('id', '=', mail.id).execute();
      expect(await queue.releaseMail(mail.id)).toBe('not_waiting');
      const [again] = await queue.enqueue([mailRow('agent-a', '<m@x>')]);
      expect(again).toMatchObject({ verdict: 'duplicate', queued: false });
      expect(await queue.claim()).toBeNull();
    });

    it('takes the mail itself where only doubtful copies came before, discarded ones too', async () => {
      const { queue, db } = fixture;
      const cases = (['quarantined', 'discarded'] as const).flatMap((state) =>
        (['not_addressed', 'perhaps_automatic'] as const).map((reason_code) => ({ state, reason_code })),
      );
      for (const { state, reason_code } of cases) {
        const same = { signature: `${state}-${reason_code}` };
        const id = `<${same.signature}@x>`;
        const copy = mailRow('agent-a', id, {
          verdict: 'quarantined',
          state: 'quarantined',
          reason_code,
          ...same,
        });
        await queue.enqueue([copy]);
        await db.updateTable('mails').set({ state }).where('id', '=', copy.id).execute();
        const [taken] = await queue.enqueue([mailRow('agent-a', id, same)]);
        expect(taken?.queued).toBe(true);
        const row = await db
          .selectFrom('mails')
          .selectAll()
          .where('id', '=', copy.id)
          .executeTakeFirstOrThrow();
        expect([row.verdict, row.state]).toEqual(['duplicate', 'duplicate']);
      }
    });

    it('gives nothing up for a mail that is a copy of something else as well', async () => {
      const { queue, db } = fixture;
      const quarantined = mailRow('agent-a', '<quarantined@x>', {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      });
      await queue.enqueue([quarantined, mailRow('agent-a', '<other@x>', { signature: 'known' })]);
      const [copy] = await queue.enqueue([mailRow('agent-a', '<quarantined@x>', { signature: 'known' })]);
      expect(copy?.verdict).toBe('duplicate');
      const row = await db
        .selectFrom('mails')
        .selectAll()
        .where('id', '=', quarantined.id)
        .executeTakeFirstOrThrow();
      expect(row.state).toBe('quarantined');
    });

    it('takes no more mail into quarantine than its limit, and writes nothing then', async () => {
      const { queue, db } = fixture;
      const quarantined = {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      } as const;
      await queue.enqueue(
        Array.from({ length: QUARANTINE_LIMIT }, (_, index) =>
          mailRow('agent-a', `<${index}@x>`, quarantined),
        ),
      );
      await expect(queue.enqueue([mailRow('agent-a', '<more@x>', quarantined)])).rejects.toThrow(MailboxFull);
      expect(await db.selectFrom('mails').select('id').execute()).toHaveLength(QUARANTINE_LIMIT);
      // Others have their own room, and what needs no room is taken.
      expect((await queue.enqueue([mailRow('agent-b', '<more@x>', quarantined)]))[0]?.verdict).toBe(
        'quarantined',
      );
      expect((await queue.enqueue([mailRow('agent-a', '<more@x>')]))[0]?.queued).toBe(true);
    });

    it('releases nothing that was refused, is automatic or had its turn', async () => {
      const { queue } = fixture;
      const ids = [];
      for (const verdict of ['refused', 'automatic', 'duplicate'] as const) {
        const row = mailRow('agent-a', `<${verdict}@x>`, { verdict, state: verdict });
        ids.push(row.id);
        await queue.enqueue([row]);
      }
      // Its answer awaits approval, not the mail.
      const answered = mailRow('agent-a', '<answered@x>');
      await queue.enqueue([answered]);
      await fixture.db
        .updateTable('mails')
        .set({ state: 'awaiting_approval' })
        .where('id', '=', answered.id)
        .execute();
      for (const id of [...ids, answered.id]) expect(await queue.releaseMail(id)).toBe('not_waiting');
    });

    it('writes what belongs to the arrivals with them, or nothing', async () => {
      const { queue, db } = fixture;
      const broken = queue.enqueue([mailRow('agent-a', '<1@x>')], async () => {
        throw new Error('no room');
      });
      await expect(broken).rejects.toThrow('no room');
      expect(await db.selectFrom('mails').selectAll().execute()).toEqual([]);
      expect(await queue.claim()).toBeNull();
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
