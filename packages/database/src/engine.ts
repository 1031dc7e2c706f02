/** Which of the two engines a database runs on, for the few statements that need two forms. */
import { PostgresAdapter } from 'kysely';
import type { Database } from './schema/index.ts';

/** Whether it is Postgres; SQLite otherwise. */
export function isPostgres(db: Pick<Database, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
