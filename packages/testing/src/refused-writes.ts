/**
 * Updates that a real database does not take: SQLite ends the transaction by itself, as it does where the disk is full
 * (sqlite.org/lang_transaction.html, section 3); Postgres ends the connection in the middle of it.
 */
import { type Database, isPostgres } from '@tinyfat/database';
import { sql } from 'kysely';

export interface RefusedWrites {
  /** What the log has to say of it. */
  reason: RegExp;
  /** From now on they are taken. */
  allow(): Promise<void>;
}

/** Refuses updates of a table where `condition` holds, SQL about the row `new`. */
export async function refuseUpdates(db: Database, table: string, condition: string): Promise<RefusedWrites> {
  if (isPostgres(db)) {
    await sql`create function refuse() returns trigger language plpgsql as
      'begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); return new; end'`.execute(
      db,
    );
    await sql`create trigger refused before update on ${sql.table(table)} for each row
      when (${sql.raw(condition)}) execute function refuse()`.execute(db);
  } else {
    await sql`create trigger refused before update on ${sql.table(table)} when ${sql.raw(condition)}
      begin select raise(rollback, 'no room left'); end`.execute(db);
  }
  return {
    reason: isPostgres(db) ? /terminat|server conn crashed/i : /no room left/,
    async allow() {
      const of = isPostgres(db) ? sql` on ${sql.table(table)}` : sql``;
      const drop = sql`drop trigger if exists refused${of}`;
      // A pooler may have given us a connection that is just being ended.
      for (let tries = 1; ; tries++) {
        try {
          await drop.execute(db);
          return;
        } catch (error) {
          if (tries === 10) throw error;
        }
      }
    },
  };
}
