/**
 * Opens the embedded database: `node:sqlite`, write-ahead log, every commit fsynced (synchronous=FULL), so that
 * a mail may be acknowledged once its rows are committed. Safe for several processes on one file.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect, type Transaction } from 'kysely';
import { migrate, standingOf } from '../migrate.ts';
import type { Database, Schema } from '../schema/index.ts';
import { copyBeforeUpgrade } from './copy-before-upgrade.ts';

/** An upgrade that took place while a database was opened; names of migrations. */
export interface Upgrade {
  from: string;
  to: string;
  /** Path of the copy of what was there before. */
  copy: string;
}

/** How long an open waits for another process that upgrades the same file, ms; writes wait less. */
const UPGRADE_WAIT_MS = 600_000;
const WRITE_WAIT_MS = 10_000;

/**
 * Opens (and makes) the file and brings its tables up to date, once for all who open it at the same time; what was
 * there is copied before (`copyBeforeUpgrade`). Rejects with `NewerDatabaseError` before anything is written, with
 * `NoRoomForCopyError` where the copy does not fit, or with a
 * migration's error, which leaves everything as it was.
 */
export async function openSqlite(
  path: string,
  onUpgrade: (upgrade: Upgrade) => void = () => {},
): Promise<Database> {
  const connection = new DatabaseSync(path, { timeout: WRITE_WAIT_MS });
  const database = overConnection(connection);
  try {
    const { pending } = await standingOf(database, path);
    connection.exec('pragma journal_mode = wal');
    connection.exec('pragma synchronous = full');
    connection.exec('pragma foreign_keys = on');
    if (pending.length > 0) {
      connection.exec(`pragma busy_timeout = ${UPGRADE_WAIT_MS}`);
      const upgrade = await database.transaction().execute((tx) => upgradeOnce(tx, path));
      connection.exec(`pragma busy_timeout = ${WRITE_WAIT_MS}`);
      if (upgrade) onUpgrade(upgrade);
    }
  } catch (error) {
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

/** Null where another process was faster, or there was nothing before. */
async function upgradeOnce(tx: Transaction<Schema>, path: string): Promise<Upgrade | null> {
  const { last, pending } = await standingOf(tx, path);
  const to = pending.at(-1);
  if (to === undefined) return null;
  const copy = last === null ? null : copyBeforeUpgrade(path, pending[0] ?? to);
  await migrate(tx);
  return last === null || copy === null ? null : { from: last, to, copy };
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
