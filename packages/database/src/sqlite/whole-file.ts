/** A database file as a whole: copied as of one moment, read by a copy, or filled by one. */
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../migrate.ts';
import type { Database } from '../schema/index.ts';
import { overConnection } from './open.ts';

const WAIT_MS = 10_000;

/**
 * Writes what is committed by now into a new file that only we can read, and fsyncs it. Others go on reading and writing
 * meanwhile; this thread does not. Throws where the file exists or the disk does not take it, and leaves none then.
 */
export function snapshotSqlite(path: string, copy: string): void {
  // VACUUM INTO takes an empty file; nobody else may read this one.
  closeSync(openSync(copy, 'wx', 0o600));
  try {
    const source = new DatabaseSync(path, { timeout: WAIT_MS });
    try {
      source.prepare('vacuum into ?').run(copy);
    } finally {
      source.close();
    }
    const descriptor = openSync(copy, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
}

/** A stranger's file that is not read, because its schema would run something meanwhile. */
export class StrangeSchemaError extends Error {
  override name = 'StrangeSchemaError';
}

/**
 * Runs `use` on the database of a file as it is at this moment; nothing can be written. The file may be a stranger's.
 * Rejects with a `StrangeSchemaError`, or as SQLite does where it is no database.
 */
export async function withSqliteSource<T>(path: string, use: (db: Database) => Promise<T>): Promise<T> {
  const connection = new DatabaseSync(path, { readOnly: true, timeout: WAIT_MS });
  try {
    // Functions in a stranger's schema are not called (sqlite.org/security.html).
    connection.exec('pragma trusted_schema = off; pragma cell_size_check = on; begin');
    if (await holdsPrograms(connection)) {
      throw new StrangeSchemaError(`${path} is no database that tinyfat has made.`);
    }
    return await use(overConnection(connection));
  } finally {
    connection.close();
  }
}

/** Whether there is anything but tables with plain columns, indexes, and what is ours, word for word. */
async function holdsPrograms(connection: DatabaseSync): Promise<boolean> {
  const programs = connection.prepare(PROGRAMS).all();
  if (programs.length > 0) {
    const own = new Set((await ownPrograms()).map(asText));
    if (programs.some((one) => !own.has(asText(one)))) return true;
  }
  return connection.prepare(COMPUTED_COLUMNS).get() !== undefined;
}

const PROGRAMS = `select type, name, tbl_name, sql from sqlite_schema
  where type not in ('table', 'index') or lower(sql) like 'create virtual%'`;
/** The full-text index, which has some, is among the programs above, and not looked into. */
const COMPUTED_COLUMNS = `select 1 from
  (select name from sqlite_schema where type = 'table' and lower(sql) not like 'create virtual%' limit -1) as plain
  join pragma_table_xinfo(plain.name) as columns where columns.hidden <> 0`;

/** What an upgrade of an empty database makes of the kind. */
async function ownPrograms(): Promise<Record<string, unknown>[]> {
  const fresh = new DatabaseSync(':memory:');
  try {
    await overConnection(fresh)
      .transaction()
      .execute((tx) => migrate(tx));
    return fresh.prepare(PROGRAMS).all();
  } finally {
    fresh.close();
  }
}

function asText({ type, name, tbl_name: table, sql }: Record<string, unknown>): string {
  return JSON.stringify([type, name, table, String(sql).replace(/\s+/g, ' ')]);
}

/** Runs `use` on a file to copy into, which is made where it is not there; nothing is migrated or checked. */
export async function withSqlite<T>(path: string, use: (db: Database) => Promise<T>): Promise<T> {
  closeSync(openSync(path, 'a', 0o600));
  const connection = new DatabaseSync(path, { timeout: WAIT_MS });
  try {
    connection.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    return await use(overConnection(connection));
  } finally {
    connection.close();
  }
}
