/** Rows of one table in order of its key, a batch at a time: read, written and summed up alike on every engine. */

import { sha256HexOfText } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../schema/index.ts';
import type { Key } from '../unfinished-copy.ts';
import type { CopiedTable } from './catalogue.ts';

/** Few enough for the parameters of one statement, with any table's columns. */
export const BATCH_ROWS = 500;

export type Row = Record<string, unknown>;

/** Batches of rows behind a key; null: from the beginning. */
export async function* batchesOf(db: Database, table: CopiedTable, after: Key | null): AsyncGenerator<Row[]> {
  for (let key = after; ; ) {
    const rows = await batchAfter(db, table, key);
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH_ROWS) return;
    key = keyOf(table, rows.at(-1) ?? {});
  }
}

async function batchAfter(db: Database, table: CopiedTable, after: Key | null): Promise<Row[]> {
  const columns = sql.join(table.columns.map((name) => sql.ref(name)));
  const key = sql.join(table.key.map((name) => sql.ref(name)));
  const behind: RawBuilder<unknown> = after === null ? sql`` : sql`where (${key}) > (${sql.join(after)})`;
  const { rows } = await sql<Row>`
    select ${columns} from ${sql.table(table.name)} ${behind}
    order by ${key} limit ${sql.lit(BATCH_ROWS)}`.execute(db);
  return rows;
}

/** Inserts the rows; throws where one of them is there. */
export async function insertRows(db: Database, table: CopiedTable, rows: readonly Row[]): Promise<void> {
  const columns = sql.join(table.columns.map((name) => sql.ref(name)));
  const values = rows.map((row) => sql`(${sql.join(table.columns.map((name) => row[name]))})`);
  await sql`insert into ${sql.table(table.name)} (${columns}) values ${sql.join(values)}`.execute(db);
}

/** The key of a row. */
export function keyOf(table: CopiedTable, row: Row): Key {
  return table.key.map((name) => {
    const value = row[name];
    if (typeof value === 'string' || typeof value === 'number') return value;
    throw new Error(`the key of a row of ${table.name} is neither text nor a number`);
  });
}

/** How many rows a table has, and a hash over all of them in order, hex. */
export interface TableSum {
  rows: number;
  sha256: string;
}

/** Reads a whole table. The sums of two tables are the same where their rows are, whatever engines they lie on. */
export async function sumOf(db: Database, table: CopiedTable): Promise<TableSum> {
  const sum = { rows: 0, sha256: '' };
  for await (const rows of batchesOf(db, table, null)) {
    sum.rows += rows.length;
    const lines = rows.map((row) => JSON.stringify(table.columns.map((name) => plain(row[name]))));
    sum.sha256 = await sha256HexOfText([sum.sha256, ...lines].join('\n'));
  }
  return sum;
}

/** Postgres has no NUL in a text, and is given U+FFFD in its place. */
function plain(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
}
