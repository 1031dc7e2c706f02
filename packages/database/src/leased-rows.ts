/**
 * Tables whose rows are worked on: a row is `pending` until somebody claims it, is not due before a time, and counts its
 * attempts. What a claim sets besides, and what ends it, differs by table.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database, Schema } from './schema/index.ts';

/** One such table, with the names of its columns where they are not the usual ones. */
export interface LeasedTable {
  name: keyof Schema;
  key: string;
  state?: string;
  attempts?: string;
  due?: string;
}

/** Which row is claimed, and what the claim sets. Conditions and order call the table `next`. */
export interface Claim {
  /** Epoch ms. */
  now: number;
  set: RawBuilder<unknown>;
  only?: RawBuilder<unknown>;
  orderBy: string;
}

/**
 * Claims the first pending row that is due and counts the attempt; two that ask at once never get the same row. The
 * state and the limit are literals: with bound ones SQLite does not use the partial indexes.
 */
export async function claimNext<Row>(
  db: Database,
  { name, key, state = 'state', attempts = 'attempts', due = 'next_attempt_at' }: LeasedTable,
  { now, set, only = sql`true`, orderBy }: Claim,
): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    update ${sql.table(name)} set ${sql.ref(attempts)} = ${sql.ref(attempts)} + 1, ${set}
    where ${sql.ref(key)} = (
      select ${sql.ref(key)} from ${sql.table(name)} as next
      where ${sql.ref(state)} = 'pending' and ${sql.ref(due)} <= ${now} and ${only}
      order by ${sql.ref(orderBy)} limit 1
    ) and ${sql.ref(state)} = 'pending'
    returning *`.execute(db);
  return rows[0];
}

/** When the first of the rows is due, epoch ms; null where there are none. */
export async function firstDue(
  db: Database,
  { name, due = 'next_attempt_at' }: LeasedTable,
  where: RawBuilder<unknown>,
): Promise<number | null> {
  const { rows } = await sql<{ at: number | null }>`
    select min(${sql.ref(due)}) as at from ${sql.table(name)} where ${where}`.execute(db);
  return rows[0]?.at ?? null;
}
