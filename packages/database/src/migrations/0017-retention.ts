/**
 * What a stated retention removes: the bytes of a message are gone once its row says so, and each run is on record. And
 * how much is in an agent's folder.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['mails', 'deliveries']) {
    await db.schema.alterTable(table).addColumn('raw_removed_at', 'bigint').execute();
  }
  const stored = sql<boolean>`raw_removed_at is null`;
  await db.schema
    .createIndex('mails_stored_by_age')
    .on('mails')
    .columns(['verdict', 'received_at', 'id'])
    .where(stored)
    .execute();
  await db.schema
    .createIndex('mails_refused_by_age')
    .on('mails')
    .columns(['received_at', 'id'])
    .where(sql<boolean>`verdict in ('refused', 'duplicate')`)
    .execute();
  await db.schema
    .createIndex('deliveries_stored_by_age')
    .on('deliveries')
    .columns(['created_at', 'seq'])
    .where(stored)
    .execute();
  await db.schema
    .createIndex('webhook_events_ended_by_age')
    .on('webhook_events')
    .columns(['finished_at', 'seq'])
    .where(sql<boolean>`state in ('done', 'failed')`)
    .execute();
  // A mail that is deleted is looked for in all that refers to mails.
  for (const table of ['limit_notices', 'runs']) {
    await db.schema.createIndex(`${table}_by_mail`).ifNotExists().on(table).column('mail_id').execute();
  }
  await db.schema
    .createTable('retention_runs')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('day', 'bigint', (column) => column.unique())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .addColumn('report', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('retention_runs_by_start').on('retention_runs').column('started_at').execute();

  for (const column of ['folder_bytes', 'folder_measured_at', 'folder_notice_at']) {
    await db.schema.alterTable('agents').addColumn(column, 'bigint').execute();
  }
}
