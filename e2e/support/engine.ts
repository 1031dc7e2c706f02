/**
 * On which database the servers of the tests run: SQLite in their data folder, or, in the Vitest project `e2e-postgres`, a
 * fresh Postgres database through the pooler.
 */
import { join } from 'node:path';
import type { Database } from '@tinyfat/database';
import { openPostgres } from '@tinyfat/database/postgres';
import { openSqlite } from '@tinyfat/database/sqlite';
import { makeFreshPostgres } from '@tinyfat/testing/fresh-database';

/** Whether it is Postgres. */
export const onPostgres = process.env.TEST_ENGINE === 'postgres';

interface Engine {
  /** What tells a server where its database is. */
  environment: Record<string, string>;
  /** Ends what is still connected. */
  dispose(): Promise<void>;
}

/** That of one data folder. */
export async function engineFor(dataDir: string): Promise<Engine> {
  if (!onPostgres) return { environment: {}, dispose: async () => {} };
  const { url, directUrl, drop } = await makeFreshPostgres(dataDir);
  return { environment: { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl }, dispose: drop };
}

/** Opens the database of a server beside it. */
export async function openDatabaseOf({
  dataDir,
  environment: { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl },
}: {
  dataDir: string;
  environment: Readonly<Record<string, string>>;
}): Promise<Database> {
  if (url === undefined || directUrl === undefined) return await openSqlite(join(dataDir, 'tinyfat.sqlite'));
  return await openPostgres({ url, directUrl, connections: 2 });
}
