/**
 * The jobs table as a queue. One statement claims: the unique index on running jobs makes a second running job
 * of an agent impossible, and the fence makes a worker that lost its lease powerless.
 */
import {
  type Clock,
  canonicalAddress,
  judgeLimits,
  type LimitCode,
  type MailLimits,
  type MakeId,
  QUARANTINE_LIMIT,
} from '@tinyfat/core';
import {
  agentById,
  askForNotice,
  countAccepted,
  countQuarantine,
  type Database,
  hasSameMessageId,
  insertMail,
  mailById,
  type NewMail,
  releaseFromQuarantine,
  replaceQuarantinedCopy,
  rewriteMail,
  type Schema,
} from '@tinyfat/database';
import { type ExpressionBuilder, sql } from 'kysely';
import { type Arrival, type JobQueue, type Lease, MailboxFull } from './contract.ts';

/** Written into the statement, not bound: only then are the partial indexes used (sqlite.org/partialindex.html). */
const ready = sql.lit('ready' as const);
const running = sql.lit('running' as const);

export interface DatabaseQueueOptions {
  db: Database;
  clock: Clock;
  makeId: MakeId;
  leaseMs: number;
  maxAttempts: number;
  limits: MailLimits;
  /** How long the notice to an owner waits for more that there is to tell, ms. */
  ownerNoticeDelayMs: number;
}

/** The `JobQueue` over the `jobs` table. */
export function databaseQueue(options: DatabaseQueueOptions): JobQueue {
  const { db, clock, makeId, leaseMs, maxAttempts, limits, ownerNoticeDelayMs } = options;

  async function arrive(tx: Database, mail: NewMail): Promise<Arrival> {
    if (!(await insertMail(tx, mail)) && !(await takePlace(tx, mail))) return await fold(tx, mail);
    const { id: mailId, verdict, reason_code: code } = mail;
    if (verdict === 'quarantined') await demandRoom(tx, mail, verdict, QUARANTINE_LIMIT + 1);
    if (verdict !== 'accepted') return { mailId, verdict, code, queued: false };
    const owner = await ownerBase(tx, mail);
    const isOwner = isProven(mail) && owner === mail.sender_base;
    const who = { sender: mail.sender ?? '', isOwner };
    const over = judgeLimits(await countAccepted(tx, mail), limits, who);
    if (over) {
      const { verdict, code, reason } = over;
      await demandRoom(tx, mail, verdict, QUARANTINE_LIMIT);
      await rewriteMail(tx, mailId, { verdict, reason_code: code, reason, state: verdict });
      if (verdict === 'over_limit') await tellOfLimit(tx, mail, { code, owner });
      return { mailId, verdict, code, queued: false };
    }
    await makeJob(tx, mail);
    return { mailId, verdict, code, queued: true };
  }

  /** The sender is told only where authentication proved who that is; an owner who is the sender is told once. */
  async function tellOfLimit(
    tx: Database,
    mail: NewMail,
    { code, owner }: { code: LimitCode; owner: string | null },
  ): Promise<void> {
    const at = clock();
    const about = { agent_id: mail.agent_id, mail_id: mail.id, limit_code: code, at };
    if (owner !== null) {
      const dueAt = at + ownerNoticeDelayMs;
      await askForNotice(tx, { ...about, role: 'owner', recipient: owner, id: makeId(), dueAt });
    }
    if (!isProven(mail) || mail.sender_base == null || mail.sender_base === owner) return;
    const recipient = mail.sender_base;
    await askForNotice(tx, { ...about, role: 'sender', recipient, id: makeId(), dueAt: at });
  }

  async function makeJob(tx: Database, mail: Pick<NewMail, 'id' | 'agent_id'>): Promise<void> {
    const now = clock();
    await tx
      .insertInto('jobs')
      .values({
        id: makeId(),
        agent_id: mail.agent_id,
        mail_id: mail.id,
        state: 'ready',
        run_at: now,
        attempts: 0,
        max_attempts: maxAttempts,
        fence: 0,
        created_at: now,
      })
      .execute();
  }

  return {
    async enqueue(mails, also) {
      return await db.transaction().execute(async (tx) => {
        const arrivals: Arrival[] = [];
        for (const mail of mails) arrivals.push(await arrive(tx, mail));
        await also?.(tx, arrivals);
        return arrivals;
      });
    },

    async releaseMail(mailId) {
      return await db.transaction().execute(async (tx) => {
        const mail = await mailById(tx, mailId);
        if (!mail) return 'unknown';
        if (!(await releaseFromQuarantine(tx, mailId))) return 'not_waiting';
        await makeJob(tx, mail);
        return 'queued';
      });
    },

    async claim() {
      const now = clock();
      const row = await db
        .updateTable('jobs')
        .set((job) => ({
          state: 'running',
          attempts: job('attempts', '+', 1),
          fence: job('fence', '+', 1),
          lease_until: now + leaseMs,
        }))
        .where('seq', '=', (select) =>
          select
            .selectFrom('jobs as next')
            .select('next.seq')
            .where('next.state', '=', ready)
            .where('next.run_at', '<=', now)
            .where((where) => where.not(where.exists(ahead(where).where('other.state', '=', running))))
            .where((where) =>
              where.not(
                where.exists(
                  ahead(where).where('other.state', '=', ready).whereRef('other.seq', '<', 'next.seq'),
                ),
              ),
            )
            .orderBy('next.run_at')
            .orderBy('next.seq')
            .limit(1),
        )
        .where('state', '=', 'ready')
        .returningAll()
        .executeTakeFirst();
      if (!row) return null;
      return {
        jobId: row.id,
        agentId: row.agent_id,
        mailId: row.mail_id,
        attempt: row.attempts,
        maxAttempts: row.max_attempts,
        fence: row.fence,
      };
    },

    heartbeat: (lease) => change(db, lease, { lease_until: clock() + leaseMs }),

    finish: (tx, lease, state, error) =>
      change(tx, lease, { state, last_error: error, lease_until: null, finished_at: clock() }),

    retry: (lease, runAt, error) =>
      change(db, lease, { state: 'ready', run_at: runAt, last_error: error, lease_until: null }),

    release: (lease) =>
      change(db, lease, { state: 'ready', attempts: lease.attempt - 1, run_at: clock(), lease_until: null }),

    async reclaim(everyLease, ownJobs = []) {
      const now = clock();
      let query = db
        .updateTable('jobs')
        .set({
          state: 'ready',
          run_at: now,
          lease_until: null,
          last_error: 'the worker died or lost its lease',
        })
        .where('state', '=', running);
      if (!everyLease) query = query.where('lease_until', '<', now);
      if (ownJobs.length > 0) query = query.where('id', 'not in', ownJobs);
      return (await query.returning('id').execute()).length;
    },

    async nextDue() {
      const row = await db
        .selectFrom('jobs')
        .select((select) => select.fn.min<number | null>('run_at').as('at'))
        .where('state', '=', ready)
        .executeTakeFirst();
      return row?.at ?? null;
    },
  };
}

/** A mail that is beyond doubt takes the place of a doubtful copy in quarantine; false where there is none. */
async function takePlace(tx: Database, mail: NewMail): Promise<boolean> {
  return (
    mail.verdict === 'accepted' && (await replaceQuarantinedCopy(tx, mail)) && (await insertMail(tx, mail))
  );
}

/** Throws where `most` or more wait for the owner with this verdict; each has its own room. */
async function demandRoom(
  tx: Database,
  { agent_id }: NewMail,
  verdict: 'quarantined' | 'over_limit',
  most: number,
): Promise<void> {
  if ((await countQuarantine(tx, agent_id, verdict)) >= most) throw new MailboxFull(agent_id);
}

/** The owner's address without tag. */
async function ownerBase(tx: Database, mail: NewMail): Promise<string | null> {
  const agent = await agentById(tx, mail.agent_id);
  const owner = agent && canonicalAddress(agent.owner);
  return owner?.ok === true ? owner.base : null;
}

/** Whether authentication proved the sender; whoever knows a secret address could have written the others. */
function isProven(mail: NewMail): boolean {
  return mail.reason_code === 'accepted';
}

/** Keeps a copy as a row of its own that wakes nobody. */
async function fold(tx: Database, mail: NewMail): Promise<Arrival> {
  const code = (await hasSameMessageId(tx, mail)) ? 'duplicate' : 'replayed';
  const reason =
    code === 'duplicate'
      ? 'The same Message-ID was already taken for this agent.'
      : 'The same signature was already taken for this agent, under another Message-ID: it is a copy.';
  const copy = { verdict: 'duplicate', state: 'duplicate' } as const;
  await tx
    .insertInto('mails')
    .values({ ...mail, ...copy, reason_code: code, reason, state_reason: reason })
    .execute();
  return { mailId: mail.id, verdict: copy.verdict, code, queued: false };
}

/** Jobs of the same agent as the job `next` of the surrounding query. */
function ahead(where: ExpressionBuilder<Schema & { next: Schema['jobs'] }, 'next'>) {
  return where
    .selectFrom('jobs as other')
    .select(sql.lit(1).as('one'))
    .whereRef('other.agent_id', '=', 'next.agent_id');
}

/** Changes a job only while this lease is the one in force. */
async function change(
  db: Database,
  lease: Lease,
  values: {
    state?: 'ready' | 'done' | 'failed';
    run_at?: number;
    attempts?: number;
    lease_until?: number | null;
    last_error?: string | null;
    finished_at?: number;
  },
): Promise<boolean> {
  const row = await db
    .updateTable('jobs')
    .set(values)
    .where('id', '=', lease.jobId)
    .where('fence', '=', lease.fence)
    .where('state', '=', 'running')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
