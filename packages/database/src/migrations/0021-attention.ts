/**
 * Failures that wait for their owner: a failed run and a mail that did not arrive need somebody until they are
 * acknowledged. Indexes over those alone, so that they are counted and listed without a look at what ended well.
 */
import { type Kysely, sql } from 'kysely';

/** Adds a column to two tables, and indexes; one that is made anew keeps its name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['runs', 'deliveries']) {
    await db.schema.alterTable(table).addColumn('acknowledged_at', 'bigint').execute();
  }
  // With the state in them they win over the indexes of all states, also where SQLite has not counted the rows.
  const failed = sql<boolean>`status = 'failed' and acknowledged_at is null`;
  const lost = sql<boolean>`state in ('failed', 'uncertain', 'bounced') and acknowledged_at is null`;
  await db.schema
    .createIndex('runs_to_acknowledge')
    .on('runs')
    .columns(['agent_id', 'status', 'started_at', 'id'])
    .where(failed)
    .execute();
  await db.schema
    .createIndex('runs_to_acknowledge_by_time')
    .on('runs')
    .columns(['status', 'started_at', 'id'])
    .where(failed)
    .execute();
  await db.schema
    .createIndex('deliveries_to_acknowledge')
    .on('deliveries')
    .columns(['agent_id', 'state', 'seq'])
    .where(lost)
    .execute();
  await db.schema
    .createIndex('deliveries_to_acknowledge_by_state')
    .on('deliveries')
    .columns(['state', 'seq'])
    .where(lost)
    .execute();
  await db.schema.dropIndex('deliveries_awaiting_approval').execute();
  await db.schema
    .createIndex('deliveries_awaiting_approval')
    .on('deliveries')
    .columns(['agent_id', 'state', 'seq'])
    .where(sql<boolean>`state = 'awaiting_approval'`)
    .execute();
}
