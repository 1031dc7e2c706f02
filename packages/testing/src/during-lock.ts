/** Races that need no luck: one side holds the locks until the other waits for them, or has gone past them. */
import { type Database, isPostgres, type LockName, transactOnce } from '@tinyfat/database';
import { sql } from 'kysely';

/** What the holder does before `attempt` begins, and what it does before it lets go. */
interface Holder {
  first?(tx: Database): Promise<unknown>;
  last?(tx: Database): Promise<unknown>;
}

/**
 * Holds the locks, starts `attempt`, and lets go when `attempt` waits for them or is over; gives what it gives. On SQLite
 * it waits for the transaction in any case.
 */
export async function duringLock<Result>(
  db: Database,
  names: readonly LockName[],
  { first, last }: Holder,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const { running } = await transactOnce(db, names, async (tx) => {
    await first?.(tx);
    const running = attempt();
    let over = false;
    const end = () => {
      over = true;
    };
    running.then(end, end);
    while (isPostgres(db) && !over && !(await somebodyWaits(db))) await Promise.resolve();
    await last?.(tx);
    // Not the promise itself, which would be awaited under the locks.
    return { running };
  });
  return await running;
}

/** Whether a connection to this database waits for a lock. */
async function somebodyWaits(db: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows.length > 0;
}
