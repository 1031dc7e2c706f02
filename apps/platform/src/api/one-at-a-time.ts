/** Serialises changes to an agent's files that first read and then write, over all processes on this data folder. */
import type { Database } from '@tinyfat/database';

/** Holds the write lock of the database while `change` runs, which must not use the database. The agent's turn does not wait. */
export async function oneAtATime<T>(db: Database, change: () => Promise<T>): Promise<T> {
  return await db.transaction().execute(change);
}
