/** Changes to an agent's files that read first and write then: one at a time over all our processes. */
import type { Database } from '@tinyfat/database';

/**
 * Holds the write lock of the database, which every process of ours on this data folder respects, while `change` runs.
 * It must not use the database itself. The agent's own turn is not held back.
 */
export async function oneAtATime<T>(db: Database, change: () => Promise<T>): Promise<T> {
  return await db.transaction().execute(change);
}
