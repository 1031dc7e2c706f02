/**
 * Jobs as leased rows: one running at a time for each agent, in order of arrival. One statement claims: the unique index
 * on running jobs makes a second running job of an agent impossible, and the fence makes a worker that lost its lease
 * powerless.
 */
import type { Clock, MakeId } from '@tinyfat/core';
import type { Database, Schema } from '@tinyfat/database';
import { type ExpressionBuilder, sql } from 'kysely';

/** The right to work on one job until the lease ends; worth nothing once the row has a higher fence. */
export interface Lease {
  jobId: string;
  agentId: string;
  mailId: string;
  /** 1 for the first; greater than `maxAttempts` when earlier attempts died without settling the job. */
  attempt: number;
  maxAttempts: number;
  fence: number;
}

export interface JobQueue {
  /** Makes the job of a mail inside the caller's transaction; it comes after all jobs of its agent. */
  add(tx: Database, mail: { id: string; agent_id: string }): Promise<void>;
  /** Takes the first job of some agent that has none running; null when nothing is due. */
  claim(): Promise<Lease | null>;
  /** Prolongs a lease; false when it was lost. */
  heartbeat(lease: Lease): Promise<boolean>;
  /** Ends a job inside the caller's transaction; false when the lease was lost (roll back then). */
  finish(tx: Database, lease: Lease, state: 'done' | 'failed', error: string | null): Promise<boolean>;
  /** Puts a job back until `runAt` (epoch ms); it keeps its place before its agent's later jobs. */
  retry(lease: Lease, runAt: number, error: string): Promise<boolean>;
  /** Puts a job back at once without counting the attempt: the server is stopping. */
  release(lease: Lease): Promise<boolean>;
  /**
   * Puts back jobs whose lease has ended, except `ownJobs`, which the caller still works on: a clock that jumps must not
   * give them away. With `everyLease` all running jobs, when no other server lives.
   */
  reclaim(everyLease: boolean, ownJobs?: readonly string[]): Promise<number>;
  /** When the next waiting job is due, epoch ms; null when none waits. */
  nextDue(): Promise<number | null>;
}

interface JobQueueDeps {
  db: Database;
  clock: Clock;
  makeId: MakeId;
  leaseMs: number;
  maxAttempts: number;
}

/** Written into the statement, not bound: only then are the partial indexes used (sqlite.org/partialindex.html). */
const ready = sql.lit('ready' as const);
const running = sql.lit('running' as const);

/** The `JobQueue` over the `jobs` table. */
export function jobQueue({ db, clock, makeId, leaseMs, maxAttempts }: JobQueueDeps): JobQueue {
  return {
    async add(tx, mail) {
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
