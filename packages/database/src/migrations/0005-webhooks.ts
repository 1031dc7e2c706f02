/** What providers tell by webhook, how far their lists were read, and what becomes known of a mail after it left. */
import { type Kysely, sql } from 'kysely';

/** Adds tables and columns; what is there stays as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('webhook_events')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('provider_mail_id', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('raw_key', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('reason_code', 'text')
    .addColumn('reason', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .addUniqueConstraint('webhook_events_once', ['provider', 'event_id'])
    .execute();
  // A mail is taken once, whether a webhook, another webhook or the provider's list told of it.
  await db.schema
    .createIndex('webhook_events_one_mail')
    .unique()
    .on('webhook_events')
    .columns(['provider', 'provider_mail_id'])
    .where(sql.ref('kind'), '=', sql.lit('received'))
    .execute();
  await db.schema
    .createIndex('webhook_events_pending')
    .on('webhook_events')
    .columns(['next_attempt_at', 'seq'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();

  await db.schema
    .createTable('provider_cursors')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('mark', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema.alterTable('deliveries').addColumn('provider_message_id', 'text').execute();
  await db.schema.alterTable('deliveries').addColumn('delivered_at', 'bigint').execute();
  for (const column of ['provider_id', 'provider_message_id']) {
    await db.schema
      .createIndex(`deliveries_by_${column}`)
      .on('deliveries')
      .column(column)
      .where(sql.ref(column), 'is not', null)
      .execute();
  }

  await db.schema.alterTable('mails').addColumn('webhook_event', 'text').execute();
  await db.schema
    .createIndex('mails_by_webhook_event')
    .on('mails')
    .column('webhook_event')
    .where(sql.ref('webhook_event'), 'is not', null)
    .execute();
}
