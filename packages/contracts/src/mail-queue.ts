/** Behaviour suite of the way from judged mails to rows and jobs; every database runs it. */
import {
  type MailLimits,
  OWNER_THREAD_DAY_LIMIT,
  QUARANTINE_LIMIT,
  THREAD_LIMIT,
  THREAD_WINDOW_MS,
} from '@tinyfat/core';
import {
  type Database,
  endRun,
  insertDeliveries,
  isPostgres,
  type NewMail,
  startRun,
} from '@tinyfat/database';
import { MailboxFull, type MailQueue } from '@tinyfat/intake';
import type { JobQueue, Lease } from '@tinyfat/jobs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mailRow, rowsMade } from './mail-row.ts';

/** Two servers' views of one database, with a clock that the test moves. Agents `agent-a` and `agent-b` exist. */
export interface MailQueueFixture {
  db: Database;
  intake: MailQueue;
  other: MailQueue;
  jobs: JobQueue;
  now: { value: number };
  /** The limits of both; an hour has fewer mails of one sender than of all. */
  limits: MailLimits;
  ownerNoticeDelayMs: number;
  dispose(): Promise<void>;
}

export function mailQueueContract(name: string, make: () => Promise<MailQueueFixture>): void {
  describe(`MailQueue: ${name}`, () => {
    let fixture: MailQueueFixture;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(() => fixture.dispose());

    const claimed = async (): Promise<Lease> => {
      const lease = await fixture.jobs.claim();
      if (!lease) throw new Error('nothing to claim');
      return lease;
    };
    const done = (lease: Lease) =>
      fixture.db.transaction().execute((tx) => fixture.jobs.finish(tx, lease, 'done', null));

    it('makes one job for the same Message-ID to the same agent, and shows the second mail as duplicate', async () => {
      const { intake, db } = fixture;
      const first = await intake.enqueue([mailRow('agent-a', '<same@x>')]);
      const second = await intake.enqueue([mailRow('agent-a', '<same@x>'), mailRow('agent-b', '<same@x>')]);
      expect(first.map((arrival) => arrival.queued)).toEqual([true]);
      expect(second.map((arrival) => arrival.verdict)).toEqual(['duplicate', 'accepted']);
      expect(second.map((arrival) => arrival.queued)).toEqual([false, true]);
      expect(await db.selectFrom('jobs').selectAll().execute()).toHaveLength(2);
      const states = await db.selectFrom('mails').select(['state']).orderBy('received_at').execute();
      expect(states.map((row) => row.state)).toEqual(['queued', 'duplicate', 'queued']);
    });

    it('folds a duplicate even when both arrive at the same moment', async () => {
      const { intake, other } = fixture;
      const arrivals = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? intake : other).enqueue([mailRow('agent-a', '<race@x>')]),
        ),
      );
      expect(arrivals.flat().filter((arrival) => arrival.queued)).toHaveLength(1);
    });

    it('records a refused mail without a job, and a later accepted one with its Message-ID still counts', async () => {
      const { intake, jobs } = fixture;
      const refused = await intake.enqueue([
        mailRow('agent-a', '<x@x>', {
          verdict: 'refused',
          state: 'refused',
          reason_code: 'sender_not_allowed',
        }),
      ]);
      expect(refused[0]).toMatchObject({ verdict: 'refused', queued: false });
      expect(await jobs.claim()).toBeUndefined();
      expect((await intake.enqueue([mailRow('agent-a', '<x@x>')]))[0]?.queued).toBe(true);
    });

    it('folds a copy with the same signature under another Message-ID, and says so', async () => {
      const { intake, db } = fixture;
      const signature = { signature: 'ab'.repeat(32) };
      await intake.enqueue([mailRow('agent-a', '<first@x>', signature)]);
      const [copy] = await intake.enqueue([mailRow('agent-a', '<changed@x>', signature)]);
      expect(copy).toMatchObject({ verdict: 'duplicate', code: 'replayed', queued: false });
      const [elsewhere] = await intake.enqueue([mailRow('agent-b', '<changed@x>', signature)]);
      expect(elsewhere?.queued).toBe(true);
      expect(await db.selectFrom('jobs').selectAll().execute()).toHaveLength(2);
    });

    it('quarantines what one sender writes beyond an hour’s limit, and accepts others’ mail', async () => {
      const { intake, now, limits } = fixture;
      const write = async (index: number, sender = 'a@example.com') =>
        (await intake.enqueue([mailRow('agent-a', `<${index}@x>`, { received_at: now.value, sender })]))[0];
      for (let index = 0; index < limits.senderHour; index++) expect((await write(index))?.queued).toBe(true);
      expect(await write(100)).toMatchObject({ verdict: 'over_limit', code: 'sender_limit', queued: false });
      expect((await write(101, 'b@example.com'))?.queued).toBe(true);
      now.value += 3_600_001;
      expect((await write(102))?.queued).toBe(true);
      // A copy of what is over the limit is a copy, not one more chance.
      expect((await write(100))?.verdict).toBe('duplicate');
    });

    it('spares the owner that authentication proved, and nobody who only came by a secret address', async () => {
      const { intake, now, limits } = fixture;
      const write = (sender: string, code = 'accepted') => {
        const row = { received_at: now.value, sender, reason_code: code };
        return intake.enqueue([mailRow('agent-a', `<owner-${rowsMade()}@x>`, row)]);
      };
      for (let index = 0; index <= limits.agentHour; index++) {
        expect((await write('o@example.com'))[0]?.queued).toBe(true);
      }
      const forged = await write('o@example.com', 'accepted_by_secret_address');
      expect(forged).toMatchObject([{ verdict: 'over_limit', code: 'sender_limit', queued: false }]);
    });

    it('quarantines a machine of the owner that answers every answer in a thread of its own', async () => {
      const { intake, now } = fixture;
      const write = (subject: string) => {
        const row = { received_at: now.value, sender: 'o@example.com', subject };
        return intake.enqueue([mailRow('agent-a', `<machine-${rowsMade()}@x>`, row)]);
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
      const { intake, other, db, now, limits, ownerNoticeDelayMs } = fixture;
      const notices = () =>
        db.selectFrom('limit_notices').selectAll().orderBy('role').orderBy('created_at').execute();
      const flood = (count: number) =>
        Promise.all(
          Array.from({ length: count }, (_, index) => {
            const mail = mailRow('agent-a', `<flood-${rowsMade()}@x>`, { received_at: now.value });
            return (index % 2 ? intake : other).enqueue([mail]);
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

    it('requests a notice to the owner alone where the sender is not proven, and none for quarantined mails', async () => {
      const { intake, db, now, limits } = fixture;
      const roles = async () =>
        (await db.selectFrom('limit_notices').select('role').execute()).map(({ role }) => role);
      const write = (row: Partial<NewMail>) =>
        intake.enqueue([mailRow('agent-a', `<quiet-${rowsMade()}@x>`, { received_at: now.value, ...row })]);
      for (const verdict of ['quarantined', 'refused', 'automatic'] as const) {
        for (let index = 0; index <= limits.senderHour; index++) await write({ verdict, state: verdict });
      }
      for (let index = 0; index <= THREAD_LIMIT; index++) await write({ thread: '<fast@x>' });
      expect(await roles()).toEqual([]);
      const secret = { reason_code: 'accepted_by_secret_address', sender: 'b@example.com' };
      for (let index = 0; index <= limits.senderHour; index++) await write(secret);
      expect(await roles()).toEqual(['owner']);
    });

    it('quarantines what all senders together write beyond the agent’s limit', async () => {
      const { intake, now, limits } = fixture;
      const write = async (index: number, agent = 'agent-a') => {
        const row = mailRow(agent, `<${index}@x>`, {
          received_at: now.value,
          sender: `p${index}@example.com`,
        });
        return (await intake.enqueue([row]))[0];
      };
      for (let index = 0; index < limits.agentHour; index++) await write(index);
      expect(await write(100)).toMatchObject({ verdict: 'over_limit', code: 'agent_limit' });
      expect((await write(101, 'agent-b'))?.queued).toBe(true);
    });

    it('lets exactly as many in as the limit says when many arrive at one moment', async () => {
      const { intake, other, limits, now } = fixture;
      const arrivals = await Promise.all(
        Array.from({ length: limits.senderHour + 10 }, (_, index) =>
          (index % 2 ? intake : other).enqueue([
            mailRow('agent-a', `<${index}@x>`, { received_at: now.value }),
          ]),
        ),
      );
      expect(arrivals.flat().filter((arrival) => arrival.queued)).toHaveLength(limits.senderHour);
    });

    it('numbers the jobs of an agent in the order in which their mails are committed', async () => {
      const { intake, other, db } = fixture;
      const { promise: written, resolve: hold } = Promise.withResolvers<void>();
      const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
      const ended: string[] = [];
      const write = async (queue: MailQueue, name: string, also?: () => Promise<void>) => {
        await queue.enqueue([mailRow('agent-a', `<${name}@x>`, { id: name })], also);
        ended.push(name);
      };
      const first = write(intake, 'first', async () => {
        hold();
        await free;
      });
      await written;
      const second = write(other, 'second');
      // Only on Postgres other agents go on meanwhile, and show that the second has had time.
      for (let at = 0; isPostgres(db) && at < 20; at++) {
        await other.enqueue([mailRow('agent-b', `<${at}@x>`)]);
      }
      letGo();
      await Promise.all([first, second]);
      const jobs = await db
        .selectFrom('jobs')
        .select('mail_id')
        .where('agent_id', '=', 'agent-a')
        .orderBy('seq')
        .execute();
      expect([ended, jobs.map((job) => job.mail_id)]).toEqual([
        ['first', 'second'],
        ['first', 'second'],
      ]);
    });

    it('numbers the job of a mail that is released after those of mails under way', async () => {
      const { intake, other, db } = fixture;
      const doubtful = { verdict: 'quarantined', state: 'quarantined' } as const;
      await intake.enqueue([mailRow('agent-a', '<waits@x>', { id: 'waits', ...doubtful })]);
      let release: Promise<unknown> = Promise.resolve();
      let over = false;
      await intake.enqueue([mailRow('agent-a', '<under-way@x>', { id: 'under-way' })], async () => {
        release = other.releaseMail('waits').then(() => {
          over = true;
        });
        for (let at = 0; isPostgres(db) && at < 20; at++) {
          await other.enqueue([mailRow('agent-b', `<${at}@x>`)]);
        }
        expect(over).toBe(false);
      });
      await release;
      const jobs = db.selectFrom('jobs').select('mail_id').where('agent_id', '=', 'agent-a').orderBy('seq');
      expect((await jobs.execute()).map((job) => job.mail_id)).toEqual(['under-way', 'waits']);
    });

    it('takes mails to several agents in any order of their recipients', async () => {
      const { intake, other } = fixture;
      const both = (at: number) => {
        const rows = ['agent-a', 'agent-b'].map((agent) => mailRow(agent, `<both-${at}@x>`));
        return (at % 2 ? intake : other).enqueue(at % 3 ? rows : rows.reverse());
      };
      const arrivals = await Promise.all(Array.from({ length: 18 }, (_, at) => both(at)));
      expect(arrivals.flat().filter(({ queued }) => queued)).toHaveLength(36);
    });

    it('quarantines a thread that goes back and forth without a pause', async () => {
      const { intake, now } = fixture;
      const write = async (index: number, thread: string) => {
        const row = mailRow('agent-a', `<${index}@x>`, { received_at: now.value, thread });
        return (await intake.enqueue([row]))[0];
      };
      for (let index = 0; index < THREAD_LIMIT; index++)
        expect((await write(index, '<t@x>'))?.queued).toBe(true);
      expect(await write(100, '<t@x>')).toMatchObject({ verdict: 'quarantined', code: 'thread_too_fast' });
      expect((await write(101, '<u@x>'))?.queued).toBe(true);
      // Somebody else in the same thread is no part of it.
      const other = { received_at: now.value, thread: '<t@x>', sender: 'b@example.com' };
      expect((await intake.enqueue([mailRow('agent-a', '<b@x>', other)]))[0]?.queued).toBe(true);
      now.value += THREAD_WINDOW_MS + 1;
      expect((await write(102, '<t@x>'))?.queued).toBe(true);
    });

    it('makes one more job and run of a mail that had its run, however many ask at once', async () => {
      const { intake, other, jobs, db, now } = fixture;
      const mail = mailRow('agent-a', '<again@x>', { id: 'again' });
      await intake.enqueue([mail]);
      const lease = await claimed();
      const { jobId, agentId, mailId } = lease;
      const begun = { id: 'run-1', jobId, agentId, mailId, kind: 'turn', command: null, at: 1 } as const;
      await startRun(db, begun);
      const ask = (queue: MailQueue, runId = 'run-1') => queue.runAgain({ runId, text: 'Try this.' });
      expect(await ask(intake)).toEqual({ ok: false, why: 'not_over' });
      await done(lease);
      await endRun(db, 'run-1', { status: 'failed', finished_at: 2 });
      const answers = await Promise.all([ask(intake), ask(other), ask(intake)]);
      const made = answers.flatMap((answer) => (answer.ok ? [answer.runId] : []));
      const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.why]));
      expect([made.length, refused]).toEqual([1, ['not_over', 'not_over']]);
      const next = await claimed();
      expect(next.mailId).toBe(mailId);
      expect(
        await db.selectFrom('runs').selectAll().where('job_id', '=', next.jobId).executeTakeFirst(),
      ).toMatchObject({
        id: made[0],
        status: 'waiting',
        attempt: 0,
        again_of: 'run-1',
        edited_text: 'Try this.',
      });
      // Its month is that in which it begins.
      now.value += 5000;
      const run = await startRun(db, { ...begun, id: 'other', jobId: next.jobId, at: now.value });
      expect(run).toMatchObject({ id: made[0], attempt: 1, status: 'running', started_at: now.value });
      expect(await jobs.claim()).toBeUndefined();
    });

    it('makes none without the stored mail, for a deleted agent, or while an answer is on its way', async () => {
      const { intake, db } = fixture;
      await intake.enqueue([mailRow('agent-a', '<again@x>', { id: 'again' })]);
      const lease = await claimed();
      const { jobId, agentId, mailId } = lease;
      await startRun(db, { id: 'run-1', jobId, agentId, mailId, kind: 'turn', command: null, at: 1 });
      await done(lease);
      await endRun(db, 'run-1', { status: 'done', finished_at: 2 });
      const ask = (runId = 'run-1') => intake.runAgain({ runId, text: null });
      expect(await ask('none')).toEqual({ ok: false, why: 'unknown' });
      const answer = {
        id: 'answer',
        agent_id: agentId,
        mail_id: mailId,
        run_id: 'run-1',
        kind: 'reply',
      } as const;
      const sent = {
        envelope_sender: 'a@x',
        recipients: '[]',
        subject: '',
        message_id: '<a@x>',
        raw_key: 'answer',
      };
      const times = { attempts: 0, next_attempt_at: 1, created_at: 1, filed: 1 };
      await insertDeliveries(db, [{ ...answer, ...sent, ...times, state: 'awaiting_approval' }]);
      expect(await ask()).toEqual({ ok: false, why: 'answer_under_way' });
      await db.updateTable('deliveries').set({ state: 'sent' }).execute();
      await db.updateTable('mails').set({ raw_removed_at: 9 }).where('id', '=', mailId).execute();
      expect(await ask()).toEqual({ ok: false, why: 'raw_removed', at: 9 });
      expect((await db.selectFrom('mails').select('state').executeTakeFirst())?.state).not.toBe('discarded');
      await db.updateTable('mails').set({ raw_removed_at: null }).where('id', '=', mailId).execute();
      await db.updateTable('agents').set({ deleted_at: 5 }).where('id', '=', agentId).execute();
      expect(await ask()).toEqual({ ok: false, why: 'agent_deleted' });
    });

    it('gives a mail that waits its job when it is released, once, after what waits already', async () => {
      const { intake, db } = fixture;
      const quarantined = mailRow('agent-a', '<quarantined@x>', {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      });
      await intake.enqueue([quarantined]);
      await intake.enqueue([mailRow('agent-a', '<later@x>')]);
      expect(await intake.releaseMail(quarantined.id)).toBe('queued');
      expect(await intake.releaseMail(quarantined.id)).toBe('not_waiting');
      expect(await intake.releaseMail('none')).toBe('unknown');
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
      const { intake, jobs, db } = fixture;
      const doubtful = {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      } as const;
      const mail = mailRow('agent-a', '<m@x>', doubtful);
      await intake.enqueue([mail]);
      await intake.releaseMail(mail.id);
      await done(await claimed());
      await db.updateTable('mails').set({ state: 'awaiting_approval' }).where('id', '=', mail.id).execute();
      expect(await intake.releaseMail(mail.id)).toBe('not_waiting');
      const [again] = await intake.enqueue([mailRow('agent-a', '<m@x>')]);
      expect(again).toMatchObject({ verdict: 'duplicate', queued: false });
      expect(await jobs.claim()).toBeUndefined();
    });

    it('takes the mail itself where only doubtful copies came before, discarded ones too', async () => {
      const { intake, db } = fixture;
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
        await intake.enqueue([copy]);
        await db.updateTable('mails').set({ state }).where('id', '=', copy.id).execute();
        const [taken] = await intake.enqueue([mailRow('agent-a', id, same)]);
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
      const { intake, db } = fixture;
      const quarantined = mailRow('agent-a', '<quarantined@x>', {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      });
      await intake.enqueue([quarantined, mailRow('agent-a', '<other@x>', { signature: 'known' })]);
      const [copy] = await intake.enqueue([mailRow('agent-a', '<quarantined@x>', { signature: 'known' })]);
      expect(copy?.verdict).toBe('duplicate');
      const row = await db
        .selectFrom('mails')
        .selectAll()
        .where('id', '=', quarantined.id)
        .executeTakeFirstOrThrow();
      expect(row.state).toBe('quarantined');
    });

    it('takes no more mail into quarantine than its limit, and writes nothing then', async () => {
      const { intake, db } = fixture;
      const quarantined = {
        verdict: 'quarantined',
        state: 'quarantined',
        reason_code: 'not_addressed',
      } as const;
      await intake.enqueue(
        Array.from({ length: QUARANTINE_LIMIT - 1 }, (_, index) =>
          mailRow('agent-a', `<${index}@x>`, quarantined),
        ),
      );
      const last = Array.from({ length: 8 }, (_, index) =>
        intake.enqueue([mailRow('agent-a', `<last-${index}@x>`, quarantined)]),
      );
      const ends = await Promise.allSettled(last);
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await expect(intake.enqueue([mailRow('agent-a', '<more@x>', quarantined)])).rejects.toThrow(
        MailboxFull,
      );
      expect(await db.selectFrom('mails').select('id').execute()).toHaveLength(QUARANTINE_LIMIT);
      // Every agent has its own limit, which accepted mail does not count for.
      expect((await intake.enqueue([mailRow('agent-b', '<more@x>', quarantined)]))[0]?.verdict).toBe(
        'quarantined',
      );
      expect((await intake.enqueue([mailRow('agent-a', '<more@x>')]))[0]?.queued).toBe(true);
    });

    it('releases nothing that was refused, is automatic or had its turn', async () => {
      const { intake } = fixture;
      const ids = [];
      for (const verdict of ['refused', 'automatic', 'duplicate'] as const) {
        const row = mailRow('agent-a', `<${verdict}@x>`, { verdict, state: verdict });
        ids.push(row.id);
        await intake.enqueue([row]);
      }
      // Its answer awaits approval, not the mail.
      const answered = mailRow('agent-a', '<answered@x>');
      await intake.enqueue([answered]);
      await fixture.db
        .updateTable('mails')
        .set({ state: 'awaiting_approval' })
        .where('id', '=', answered.id)
        .execute();
      for (const id of [...ids, answered.id]) expect(await intake.releaseMail(id)).toBe('not_waiting');
    });

    it('writes what belongs to the arrivals with them, or nothing', async () => {
      const { intake, jobs, db } = fixture;
      const broken = intake.enqueue([mailRow('agent-a', '<1@x>')], async () => {
        throw new Error('no room');
      });
      await expect(broken).rejects.toThrow('no room');
      expect(await db.selectFrom('mails').selectAll().execute()).toEqual([]);
      expect(await jobs.claim()).toBeUndefined();
    });
  });
}
