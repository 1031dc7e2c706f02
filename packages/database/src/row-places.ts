/** Rows by what people name them by, and by where a page of a list begins. */
import { sql } from 'kysely';

/** Where a page begins: after the row with these values of what the list is sorted by. */
export interface After {
  /** Epoch ms, or the number in a sequence. */
  at: number;
  id: string;
}

/** So many characters of an id are enough to name its row, while no other row's id begins with them. */
export const SHORTEST_ID = 8;

/** Rows with this id, or whose id begins with it. Ids are hexadecimal digits and dashes: `g` comes behind all of them. */
export function isNamed(column: string, id: string) {
  if (id.length < SHORTEST_ID) return sql<boolean>`${sql.ref(column)} = ${id}`;
  return sql<boolean>`(${sql.ref(column)} = ${id} or (${sql.ref(column)} > ${id} and ${sql.ref(column)} < ${`${id}g`}))`;
}

/** Rows that come later in a list which is sorted by both columns, newest first; all where a page is the first. */
export function isAfter(time: string, id: string, after: After | null) {
  if (after === null) return sql<boolean>`true`;
  return sql<boolean>`(${sql.ref(time)}, ${sql.ref(id)}) < (${after.at}, ${after.id})`;
}
