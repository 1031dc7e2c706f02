/**
 * The mark on a database that rows are being copied into: a table with a row for each table and how far it has come. It
 * is made in the transaction that makes the tables, moves on in the transaction that writes rows, and goes in the one
 * that ends the copy; so a copy that is killed at any point is seen, is gone on with, and is opened by nothing else.
 */
import { renderError } from '@tinyfat/core';
import { type Kysely, sql } from 'kysely';
import type { Database, Schema } from './schema/index.ts';

/** The table that is the mark. */
export const MARK = 'unfinished_copy';

/** Values of a table's primary key, in its order. */
export type Key = readonly (string | number)[];

/** Somebody opens a database that a copy was not finished into. The message has its next step; `detail` names it. */
export class UnfinishedCopyError extends Error {
  override name = 'UnfinishedCopyError';
  readonly code = 'database_unfinished';
  readonly detail: string;

  constructor(place: string) {
    const detail = `${place} was being filled by tinyfat db copy or tinyfat restore.`;
    super(renderError('database_unfinished', detail));
    this.detail = detail;
  }
}

/** Whether the database is marked. */
export async function isUnfinished(db: Kysely<Schema>): Promise<boolean> {
  const tables = await db.introspection.getTables();
  return tables.some(({ name }) => name === MARK);
}

interface MarkTable {
  table_name: string;
  /** JSON array; of the last row that was written. */
  last_key: string;
}

const marked = (db: Database) => db.withTables<{ unfinished_copy: MarkTable }>();

/** Marks the database; nothing is copied yet. */
export async function mark(tx: Database): Promise<void> {
  await tx.schema
    .createTable(MARK)
    .addColumn('table_name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('last_key', 'text', (column) => column.notNull())
    .execute();
}

/** Takes the mark away. */
export async function unmark(tx: Database): Promise<void> {
  await tx.schema.dropTable(MARK).execute();
}

/** The key of the last row that was copied into a table; null before the first. */
export async function lastCopied(db: Database, table: string): Promise<Key | null> {
  const row = await marked(db)
    .selectFrom(MARK)
    .select('last_key')
    .where('table_name', '=', table)
    .executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.last_key) as Key);
}

/** Notes the key of the last row, in the transaction that wrote it. */
export async function noteCopied(tx: Database, table: string, key: Key): Promise<void> {
  const last_key = JSON.stringify(key);
  await marked(tx)
    .insertInto(MARK)
    .values({ table_name: table, last_key })
    .onConflict((conflict) => conflict.column('table_name').doUpdateSet({ last_key }))
    .execute();
}

/** Notes that nothing is copied. */
export async function forgetCopied(tx: Database): Promise<void> {
  await sql`delete from ${sql.table(MARK)}`.execute(tx);
}
