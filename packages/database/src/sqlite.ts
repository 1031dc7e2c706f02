/**
 * Opens the embedded database: `node:sqlite`, write-ahead log, every commit fsynced (synchronous=FULL), so that
 * a mail may be acknowledged once its rows are committed. Safe for several processes on one file.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations/index.ts';
import type { Schema } from './schema.ts';

/** The database of one installation. */
export type Database = Kysely<Schema>;

/** Opens (and makes) the file and brings its tables up to date; rejects with the migration's error. */
export async function openSqlite(path: string): Promise<Database> {
  const connection = new DatabaseSync(path, { timeout: 10_000 });
  connection.exec('pragma journal_mode = wal');
  connection.exec('pragma synchronous = full');
  connection.exec('pragma foreign_keys = on');
  const database = overConnection(connection);
  const { error } = await new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest();
  if (error) {
    await database.destroy();
    throw error;
  }
  return database;
}

/** The database over an open connection, as it is; nothing is migrated. */
export function overConnection(connection: DatabaseSync): Database {
  return new Kysely<Schema>({
    dialect: new TransactionalSqlite({ database: asKyselyWants(connection) }),
  });
}

/**
 * SQLite's DDL is transactional, though Kysely's adapter says it is not; without this, two processes that start
 * at once both run the first migration, and one fails.
 */
class TransactionalSqlite extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true;
      }
    })();
  }
}

const CACHED_STATEMENTS = 500;

/** Kysely's SQLite dialect was made for better-sqlite3; this gives it node:sqlite in that shape. */
function asKyselyWants(connection: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const fresh = connection.prepare(sql);
    if (statements.size >= CACHED_STATEMENTS) statements.clear();
    statements.set(sql, fresh);
    return fresh;
  };
  // Where the disk is full SQLite has ended the transaction by itself (lang_transaction.html, section 3), and would
  // say so in the place of what was wrong.
  const isOver = (text: string) => text === 'rollback' && !connection.isTransaction;
  return {
    close: () => {
      statements.clear();
      connection.close();
    },
    prepare: (text) => {
      // A transaction that reads first and writes later would lose against another writer without waiting
      // for it; taking the write lock at the start makes it wait its turn.
      const prepared = statement(text === 'begin' ? 'begin immediate' : isOver(text) ? 'select 1' : text);
      return {
        reader: prepared.columns().length > 0,
        all: (parameters) => prepared.all(...parameters.map(asInput)),
        run: (parameters) => prepared.run(...parameters.map(asInput)),
        iterate: (parameters) => prepared.iterate(...parameters.map(asInput)),
      };
    },
  };
}

function asInput(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return value;
  }
  throw new Error(`the database takes text, numbers and null, not ${typeof value}`);
}
