/** Opens a Postgres database, directly or through a pooler in transaction mode. */
import { sql } from 'kysely';
import pg from 'pg';
import { migrate, standingOf } from '../migrate.ts';
import type { Database } from '../schema/index.ts';
import { numericTypes, overPool } from './dialect.ts';

export interface PostgresOptions {
  /** `postgres://…`; may be a transaction pooler. */
  url: string;
  /** For migrations: not a pooler. The same server and database. */
  directUrl?: string;
  /** Connections at once, of this process. */
  connections?: number;
  /** Gets errors of connections that nobody uses at that moment; the pool opens new ones. */
  onIdleError?: (error: Error) => void;
  /** An upgrade that took place; names of migrations. */
  onUpgrade?: (upgrade: { from: string; to: string }) => void;
}

/** Any number that only our migrations lock: two processes that start at once upgrade one after the other. */
const MIGRATION_LOCK = 7_205_759_403_792_794;
const CONNECTIONS = 10;

/**
 * Brings the tables up to date, once for all who open the database at the same time, and connects. Rejects with
 * `NewerDatabaseError` before anything is written, or with a migration's error, which leaves everything as it was.
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { url, directUrl = url, connections = CONNECTIONS, onIdleError = () => {} } = options;
  await upgrade(directUrl, options);
  const pool = new pg.Pool({ connectionString: url, max: connections, types: numericTypes });
  pool.on('error', onIdleError);
  return overPool(pool);
}

async function upgrade(url: string, { onUpgrade = () => {} }: PostgresOptions): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1, types: numericTypes });
  pool.on('error', () => {});
  const db = overPool(pool);
  try {
    const place = 'The database at DATABASE_URL';
    if ((await standingOf(db, place)).pending.length === 0) return;
    await db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
      const { last, pending } = await standingOf(tx, place);
      const to = pending.at(-1);
      if (to === undefined) return;
      // One of the first migrations calls it.
      await sql`create function instr(text, text) returns integer language sql immutable as 'select strpos($1, $2)'`.execute(
        tx,
      );
      await migrate(tx);
      await sql`drop function instr(text, text)`.execute(tx);
      if (last !== null) onUpgrade({ from: last, to });
    });
  } finally {
    await db.destroy();
  }
}
