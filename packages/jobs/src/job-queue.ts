/**
 * Jobs as leased rows: one running at a time for each agent, in order of arrival, and the owners of agents served in turn.
 * The unique index on running jobs makes a second running job of an agent impossible.
 */
import type { MakeId } from '@tinyfat/core';
import {
  changeHeld,
  claimValues,
  type Database,
  isPaused,
  type LeaseDeps,
  type LeasedRows,
  type LeasedTable,
  leases,
  parkJobs,
  putBack,
  settleHeld,
  stopsAsked,
  transact,
} from '@tinyfat/database';
import { sql } from 'kysely';
import { hasNextJob, nextJob, noteServed } from './next-job.ts';

/** The right to work on one job until the lease ends; worth nothing once the row has a higher fence. */
export interface Lease {
  jobId: string;
  agentId: string;
  mailId: string;
  /** The attempt that begins next: 1 for the first; greater than `maxAttempts` when all earlier ones died. */
  attempt: number;
  maxAttempts: number;
  /** Grows by one with each claim of the job. */
  fence: number;
  /** Somebody asked for its end before it was claimed. */
  stopAsked: boolean;
}

/** Claims of one job at most: one that always dies before an attempt begins must end, too. */
const MOST_CLAIMS = 50;

/** Whether the job may not be attempted any more. */
export function isExhausted({ attempt, maxAttempts, fence }: Lease): boolean {
  return attempt > maxAttempts || fence > MOST_CLAIMS;
}

export interface JobQueue extends LeasedRows<Lease> {
  /** Whether a job could be claimed now. */
  hasNext(): Promise<boolean>;
  /**
   * Makes a job of a mail inside the caller's transaction, which holds the lock of the agent, and gives its id; it comes
   * after all jobs of its agent, and waits while that is paused. Rejects where the mail has one that has not ended.
   */
  add(tx: Database, mail: { id: string; agent_id: string }): Promise<string>;
  /** Counts the attempt, inside the caller's transaction; false when the lease was lost (roll back then). */
  begin(tx: Database, lease: Lease): Promise<boolean>;
  /** Ends a job inside the caller's transaction; false when the lease was lost (roll back then). */
  finish(tx: Database, lease: Lease, state: 'done' | 'failed', error: string | null): Promise<boolean>;
  /**
   * Puts a job back until `runAt` (epoch ms), or at once where somebody asked for its end; it stays before its agent's
   * later jobs. An attempt that began counts.
   */
  retry(lease: Lease, runAt: number, error: string): Promise<boolean>;
  /** Puts a job back at once without counting the attempt, also one that began: the server is stopping. */
  release(lease: Lease): Promise<boolean>;
  /** Ids of those of these jobs whose end somebody asked for. */
  stopsAsked(jobIds: readonly string[]): Promise<ReadonlySet<string>>;
}

interface JobQueueDeps extends LeaseDeps {
  makeId: MakeId;
  maxAttempts: number;
  /** Turns at once of this worker; one owner gets all but one of them while others wait. */
  atOnce: number;
}

const JOBS: LeasedTable = {
  name: 'jobs',
  key: 'id',
  waiting: 'ready',
  claimed: 'running',
  due: 'run_at',
};

/** The `JobQueue` over the `jobs` table. */
export function jobQueue(deps: JobQueueDeps): JobQueue {
  const { db, clock, makeId, maxAttempts } = deps;
  const heldOf = ({ jobId, fence }: Lease) => ({ key: jobId, fence });
  return {
    ...leases<Lease>(deps, JOBS, {
      heldOf,
      giveBack: (held, now) =>
        putBack(db, JOBS, held, now, { last_error: 'The worker died, or lost its lease.' }),
    }),

    hasNext: () => hasNextJob(db, clock()),

    async add(tx, mail) {
      const now = clock();
      const id = makeId();
      await tx
        .insertInto('jobs')
        .values({
          id,
          agent_id: mail.agent_id,
          mail_id: mail.id,
          state: (await isPaused(tx, mail.agent_id)) ? 'paused' : 'ready',
          run_at: now,
          scheduled_at: now,
          attempts: 0,
          max_attempts: maxAttempts,
          fence: 0,
          created_at: now,
        })
        .execute();
      return id;
    },

    async claim() {
      for (;;) {
        const found = await claimNext(deps);
        if (!found?.parked) return found?.lease;
        await parkJobs(db, found.parked);
      }
    },

    begin: (tx, lease) => changeHeld(tx, JOBS, heldOf(lease), sql`attempts = ${lease.attempt}`),

    finish(tx, lease, state, error) {
      const now = clock();
      return settleHeld(tx, JOBS, heldOf(lease), { state, last_error: error, finished_at: now }, now);
    },

    retry(lease, runAt, error) {
      const now = clock();
      const run_at = sql`case when stop_asked_at is null then cast(${runAt} as bigint) else ${now} end`;
      return settleHeld(db, JOBS, heldOf(lease), { state: 'ready', run_at, last_error: error }, now);
    },

    release: (lease) => putBack(db, JOBS, heldOf(lease), clock(), { attempts: lease.attempt - 1 }),

    stopsAsked: (jobIds) => stopsAsked(db, jobIds),
  };
}

/** A lease, or the agent of the job that would come next, which is paused. */
type Claimed = { lease: Lease; parked?: undefined } | { lease?: undefined; parked: string };

/** Undefined where nothing is due. A job of a paused agent is ready where it was running when the agent was paused. */
async function claimNext(deps: JobQueueDeps): Promise<Claimed | undefined> {
  const { db, clock } = deps;
  const now = clock();
  const most = Math.max(1, deps.atOnce - 1);
  // Most looks find nothing, and a transaction would keep writers waiting.
  if (!(await hasNextJob(db, now))) return undefined;
  return await transact(db, [], async (tx) => {
    const next = await nextJob(tx, now, most, 'lock');
    if (!next) return undefined;
    if (next.pausedAt !== null) return { parked: next.agentId };
    const { rows } = await sql<{
      id: string;
      agent_id: string;
      mail_id: string;
      attempts: number;
      max_attempts: number;
      fence: number;
      stop_asked_at: number | null;
    }>`
      update jobs set ${claimValues(deps, JOBS, now)} where seq = ${next.seq} and state = 'ready'
      returning id, agent_id, mail_id, attempts, max_attempts, fence, stop_asked_at`.execute(tx);
    const [row] = rows;
    if (!row) return undefined;
    await noteServed(tx, next.owner);
    const lease = {
      jobId: row.id,
      agentId: row.agent_id,
      mailId: row.mail_id,
      attempt: row.attempts + 1,
      maxAttempts: row.max_attempts,
      fence: row.fence,
      stopAsked: row.stop_asked_at !== null,
    };
    return { lease };
  });
}
