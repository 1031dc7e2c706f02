/** What tables there are to copy, as the database itself says. */
import { sql } from 'kysely';
import { isPostgres } from '../engine.ts';
import type { Database } from '../schema/index.ts';

/** One table. Names are those of the database; `key` is its primary key, in order. */
export interface CopiedTable {
  name: string;
  /** Sorted by name, so that two databases give rows in one form. */
  columns: readonly string[];
  key: readonly string[];
  /** The column whose values Postgres counts up; null where there is none. */
  sequence: string | null;
}

/**
 * They belong to a database itself, or to the processes at work on it, or are made by its triggers of what is copied, and
 * are not copied themselves.
 */
const OWN = /^(?:kysely_|sqlite_|locks$|unfinished_copy$|usage_(?:hours|days)$)/;
/** What others refer to comes first; the order of the rest is that of their names. */
const FIRST = ['agents', 'account_users', 'mails', 'jobs', 'runs', 'deliveries'];

/** All tables whose rows are copied, in an order in which every row comes after those that it refers to. */
export async function tablesToCopy(db: Database): Promise<CopiedTable[]> {
  const { rows } = isPostgres(db)
    ? await sql<ColumnOfTable>`
        select columns.table_name as "table", columns.column_name as "column",
          (columns.is_identity = 'YES') as generated,
          coalesce((select array_position(index.indkey::int2[], columns.ordinal_position::int2) + 1
            from pg_index as index where index.indisprimary
              and index.indrelid = format('%I.%I', columns.table_schema, columns.table_name)::regclass), 0) as pk
        from information_schema.columns as columns
        join information_schema.tables as tables using (table_schema, table_name)
        where columns.table_schema = current_schema() and tables.table_type = 'BASE TABLE'`.execute(db)
    : await sql<ColumnOfTable>`
        select tables.name as "table", columns.name as "column", columns.pk as pk, false as generated
        from sqlite_schema as tables join pragma_table_xinfo(tables.name) as columns
        where tables.type = 'table' and tables.name not like 'search_index%'`.execute(db);
  const names = new Set(rows.map(({ table }) => table).filter((name) => !OWN.test(name)));
  return [...names].sort(byOrder).map((name) =>
    asTable(
      name,
      rows.filter(({ table }) => table === name),
    ),
  );
}

interface ColumnOfTable {
  table: string;
  column: string;
  /** Its place in the primary key, from 1 on; 0: it is in none. */
  pk: number;
  /** Numbers of Postgres that go on by themselves. */
  generated: boolean | number;
}

function asTable(name: string, columns: readonly ColumnOfTable[]): CopiedTable {
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  if (key.length === 0) throw new Error(`the table ${name} has no primary key`);
  return {
    name,
    columns: columns.map(({ column }) => column).sort(),
    key: key.map(({ column }) => column),
    sequence: columns.find(({ generated }) => Boolean(generated))?.column ?? null,
  };
}

function byOrder(one: string, other: string): number {
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return place(one) - place(other) || (one < other ? -1 : 1);
}
