/** What tables there are to copy, as the database itself says. */
import { sql } from 'kysely';
import type { Database } from '../schema/index.ts';

/** One table. Names are those of the database; `key` is its primary key, in order. */
export interface CopiedTable {
  name: string;
  /** Sorted by name, so that two databases give rows in one form. */
  columns: readonly string[];
  key: readonly string[];
}

/** They belong to a database itself, or to the processes at work on it, and are not copied. */
const OWN = /^(?:kysely_|sqlite_|locks$|unfinished_copy$)/;
/** What others refer to comes first; the order of the rest is that of their names. */
const FIRST = ['agents', 'account_users', 'mails', 'jobs', 'runs'];

/** All tables whose rows are copied, in an order in which every row comes after those that it refers to. */
export async function tablesToCopy(db: Database): Promise<CopiedTable[]> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'table'`.execute(db);
  const names = rows.map(({ name }) => name).filter((name) => !OWN.test(name));
  const tables: CopiedTable[] = [];
  for (const name of names.sort(byOrder)) tables.push(await tableNamed(db, name));
  return tables;
}

async function tableNamed(db: Database, name: string): Promise<CopiedTable> {
  const { rows } = await sql<{ name: string; pk: number }>`
    select name, pk from pragma_table_xinfo(${name})`.execute(db);
  const key = rows.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  if (key.length === 0) throw new Error(`the table ${name} has no primary key`);
  return { name, columns: rows.map((row) => row.name).sort(), key: key.map((row) => row.name) };
}

function byOrder(one: string, other: string): number {
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return place(one) - place(other) || (one < other ? -1 : 1);
}
