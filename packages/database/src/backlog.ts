/** How much waits, for readiness and for the gauges. Each count reads only its own partial index. */
import { sql } from 'kysely';
import type { Database } from './sqlite.ts';

/** What waits at one moment. */
export interface Backlog {
  jobsReady: number;
  jobsRunning: number;
  /** Ms that the oldest job has been due for that no other job of its agent holds up; 0 where there is none. */
  oldestDueMs: number;
  deliveriesPending: number;
  /** Mails in quarantine, and deliveries that await approval. */
  mailsWaiting: number;
  deliveriesAwaitingApproval: number;
}

/** Counts what waits; `now` is epoch ms. */
export async function backlog(db: Database, now: number): Promise<Backlog> {
  const oldest = await db
    .selectFrom('jobs as next')
    .select((select) => select.fn.min<number | null>('next.run_at').as('at'))
    .where('next.state', '=', sql.lit('ready'))
    .where('next.run_at', '<=', now)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('jobs as other')
            .select(sql.lit(1).as('one'))
            .whereRef('other.agent_id', '=', 'next.agent_id')
            .where('other.state', '=', sql.lit('running')),
        ),
      ),
    )
    .executeTakeFirstOrThrow();
  return {
    jobsReady: await count(db, 'jobs', `state = 'ready'`),
    jobsRunning: await count(db, 'jobs', `state = 'running'`),
    oldestDueMs: oldest.at === null ? 0 : now - oldest.at,
    deliveriesPending: await count(db, 'deliveries', `state = 'pending'`),
    mailsWaiting: await count(db, 'mails', `state in ('quarantined', 'over_limit')`),
    deliveriesAwaitingApproval: await count(db, 'deliveries', `state = 'awaiting_approval'`),
  };
}

/** The condition stands in the statement as the index has it: only then is the index used. */
async function count(
  db: Database,
  table: 'jobs' | 'deliveries' | 'mails',
  condition: string,
): Promise<number> {
  const row = await db
    .selectFrom(table)
    .select((select) => select.fn.countAll<number>().as('count'))
    .where(sql.raw<boolean>(condition))
    .executeTakeFirstOrThrow();
  return row.count;
}
