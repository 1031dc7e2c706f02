/** What many queries ask of a statement. */
import { DeleteResult, InsertResult, type SelectQueryBuilder, UpdateResult } from 'kysely';
import type { Schema } from './schema/index.ts';

interface Changing {
  executeTakeFirst(): Promise<InsertResult | UpdateResult | DeleteResult | undefined>;
}

/** How many rows a statement inserted, updated or deleted. */
export async function rowsChanged(statement: Changing): Promise<number> {
  const result = await statement.executeTakeFirst();
  if (result instanceof InsertResult) return Number(result.numInsertedOrUpdatedRows ?? 0);
  if (result instanceof UpdateResult) return Number(result.numUpdatedRows);
  return result instanceof DeleteResult ? Number(result.numDeletedRows) : 0;
}

/** Whether a statement inserted, updated or deleted a row. */
export async function changed(statement: Changing): Promise<boolean> {
  return (await rowsChanged(statement)) > 0;
}

/** Whether a query finds a row. */
export async function exists(query: { executeTakeFirst(): Promise<unknown> }): Promise<boolean> {
  return (await query.executeTakeFirst()) !== undefined;
}

/** How many rows a query finds. */
export async function countRows<Tables extends keyof Schema>(
  query: SelectQueryBuilder<Schema, Tables, object>,
): Promise<number> {
  const { count } = await query
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
