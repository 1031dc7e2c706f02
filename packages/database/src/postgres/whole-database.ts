/** A database as a whole: read by a copy as of one moment, or filled by one. */
import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../schema/index.ts';
import { numericTypes, overPool } from './dialect.ts';

/** Runs `use` on the database as it is at this moment, whatever others write meanwhile. Nothing can be written. */
export async function withPostgresSource<T>(url: string, use: (db: Database) => Promise<T>): Promise<T> {
  const db = connect(url);
  try {
    return await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => {
        // The moment is that of the first statement.
        await sql`select 1`.execute(tx);
        return await use(tx);
      });
  } finally {
    await db.destroy();
  }
}

/** Connects to a database to copy into; nothing is migrated or checked. */
export function openPostgresTarget(url: string): Database {
  return connect(url);
}

function connect(url: string): Database {
  const pool = new pg.Pool({ connectionString: url, max: 1, types: numericTypes });
  pool.on('error', () => {});
  return overPool(pool);
}
