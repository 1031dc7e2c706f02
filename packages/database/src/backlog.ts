/** How much waits, for the gauges, each counted by its own partial index; and whether writes work, for readiness. */
import { sql } from 'kysely';
import { transact } from './locks.ts';
import { inQuarantine } from './mails.ts';
import type { Database } from './schema/index.ts';
import { countRows } from './statements.ts';

/** What waits at one moment. */
export interface Backlog {
  jobsReady: number;
  /** Of agents that are paused: no standstill. */
  jobsPaused: number;
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
    jobsReady: await countIn(db, 'jobs', 'ready'),
    jobsPaused: await countIn(db, 'jobs', 'paused'),
    jobsRunning: await countIn(db, 'jobs', 'running'),
    oldestDueMs: oldest.at === null ? 0 : now - oldest.at,
    deliveriesPending: await countIn(db, 'deliveries', 'pending'),
    mailsWaiting: await countRows(db.selectFrom('mails').where(inQuarantine)),
    deliveriesAwaitingApproval: await countIn(db, 'deliveries', 'awaiting_approval'),
  };
}

/** The state stands in the statement as the partial index has it: only then is the index used. */
async function countIn(
  db: Database,
  table: 'jobs' | 'deliveries',
  state: 'ready' | 'paused' | 'running' | 'pending' | 'awaiting_approval',
): Promise<number> {
  return await countRows(db.selectFrom(table).where(sql<boolean>`state = ${sql.lit(state)}`));
}

/** Rejects where the database takes no write: the disk is full or read-only, the file is damaged. Leaves nothing behind. */
export async function testWrite(db: Database): Promise<void> {
  await transact(db, [], async (tx) => {
    // A subject that no attempt has. An update that changes nothing would write nothing.
    const row = { kind: 'code_network', subject: '', at: 0 } as const;
    await tx.insertInto('sign_in_attempts').values(row).execute();
    const written = tx.deleteFrom('sign_in_attempts').where('kind', '=', row.kind);
    await written.where('subject', '=', row.subject).execute();
  });
}
