/** A database as a whole: read by a copy as of one moment, or filled by one. */
import { sql } from 'kysely';
import type { Database } from '../schema/index.ts';
import { during, type PostgresAddress } from './address.ts';
import { connect } from './open.ts';

/** How long one statement may take, which may read a whole table. */
const STATEMENT_MS = 3_600_000;

/** Where it is; not behind a pooler in transaction mode, which may end long transactions. */
export interface WholeDatabase {
  address: PostgresAddress;
  /** PEM certificates that are trusted; null: those of Node. */
  authorities: string | null;
}

/**
 * Runs `use` on the database as it is at this moment, whatever others write meanwhile. Nothing can be written. Rejects
 * with a `PostgresError` for known faults.
 */
export async function withPostgresSource<T>(
  place: WholeDatabase,
  use: (db: Database) => Promise<T>,
): Promise<T> {
  return await withPostgres(place, (db) =>
    db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => {
        // The moment is that of the first statement.
        await sql`select 1`.execute(tx);
        return await use(tx);
      }),
  );
}

/** Runs `use` on a database to copy into; nothing is migrated or checked. Rejects as `withPostgresSource`. */
export async function withPostgres<T>(place: WholeDatabase, use: (db: Database) => Promise<T>): Promise<T> {
  const { address, authorities } = place;
  const db = connect(address, { authorities, connections: 1, statementMs: STATEMENT_MS });
  try {
    return await during(address, () => use(db));
  } finally {
    await db.destroy();
  }
}
