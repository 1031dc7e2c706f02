/** Caps on what a month may cost, and what runs under way have set aside of them. */
import type { Kysely } from 'kysely';

/** Adds a table, a column and two indexes; a run that is there holds nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('budgets')
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('monthly_micro_usd', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budgets_key', ['scope', 'subject'])
    .execute();
  await db.schema
    .alterTable('runs')
    .addColumn('reserved_micro_usd', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  // What a month has cost is asked before each request to a model: the index alone answers it.
  await db.schema
    .createIndex('runs_by_cost')
    .on('runs')
    .columns(['agent_id', 'started_at', 'cost_usd', 'reserved_micro_usd'])
    .execute();
  await db.schema.createIndex('agents_by_owner').on('agents').column('owner').execute();
}
