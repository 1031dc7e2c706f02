/**
 * What owners decide about mail that awaits their approval, and the mails that tell them of it. An approval names the hash
 * of what was approved; a note that has a mail written anew is a mail of the owner.
 */
import { type Kysely, sql } from 'kysely';

/** Adds columns and two tables; what is there stays as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('deliveries').addColumn('approved_digest', 'text').execute();
  for (const column of ['rewrites', 'answers_for']) {
    await db.schema.alterTable('mails').addColumn(column, 'text').execute();
  }
  // Looked up from a rejected mail to what was written in its place.
  await db.schema
    .createIndex('mails_that_rewrite')
    .on('mails')
    .column('rewrites')
    .where(sql.ref('rewrites'), 'is not', null)
    .execute();

  // Whether somebody has written to an agent before.
  await db.schema
    .createIndex('mails_accepted_by_sender')
    .on('mails')
    .columns(['agent_id', 'sender_base'])
    .where(sql.ref('verdict'), '=', sql.lit('accepted'))
    .execute();

  await db.schema
    .createTable('approval_records')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('delivery_id', 'text', (column) => column.notNull().references('deliveries.id'))
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('by_address', 'text')
    .addColumn('via', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('digest', 'text')
    .addColumn('note', 'text')
    .addColumn('raw_key', 'text')
    .addColumn('raw_removed_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('approval_records_by_delivery')
    .on('approval_records')
    .columns(['delivery_id', 'seq'])
    .execute();
  await db.schema
    .createIndex('approval_records_by_raw_key')
    .on('approval_records')
    .column('raw_key')
    .where(sql.ref('raw_key'), 'is not', null)
    .execute();

  await db.schema
    .createTable('approval_notices')
    .addColumn('delivery_id', 'text', (column) => column.primaryKey().notNull().references('deliveries.id'))
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('fence', 'bigint', (column) => column.notNull())
    .addColumn('leased_by', 'text')
    .addColumn('lease_until', 'bigint')
    .addColumn('scheduled_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('approval_notices_due')
    .on('approval_notices')
    .columns(['next_attempt_at', 'created_at'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();
  await db.schema
    .createIndex('approval_notices_leased')
    .on('approval_notices')
    .column('lease_until')
    .where(sql.ref('state'), '=', sql.lit('sending'))
    .execute();
  await db.schema
    .createIndex('approval_notices_by_agent')
    .on('approval_notices')
    .columns(['agent_id', 'created_at'])
    .execute();
}
