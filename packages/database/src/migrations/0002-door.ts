/** What the door keeps in mind: threads, the people on a mail, signatures, secret addresses, suppressed recipients. */
import { type Kysely, sql } from 'kysely';

/** Adds columns and tables; what is there stays as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('mails')
    .addColumn('thread', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await db.schema
    .alterTable('mails')
    .addColumn('others', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute();
  await db.schema.alterTable('mails').addColumn('signature', 'text').execute();

  // Whatever was taken in, be it held, is the one mail of its Message-ID and of its signature for this agent.
  await db.schema.dropIndex('mails_accepted_once').execute();
  const taken = sql.join([sql.lit('accepted'), sql.lit('held'), sql.lit('over_limit')]);
  await db.schema
    .createIndex('mails_taken_once')
    .unique()
    .on('mails')
    .columns(['agent_id', 'message_id'])
    .where(sql<boolean>`verdict in (${taken})`)
    .execute();
  await db.schema
    .createIndex('mails_signed_once')
    .unique()
    .on('mails')
    .columns(['agent_id', 'signature'])
    .where(sql<boolean>`signature is not null and verdict in (${taken})`)
    .execute();
  await db.schema
    .createIndex('mails_counted')
    .on('mails')
    .columns(['agent_id', 'received_at'])
    .where(sql.ref('verdict'), '=', sql.lit('accepted'))
    .execute();
  await db.schema
    .createIndex('mails_over_limit')
    .on('mails')
    .column('agent_id')
    .where(sql.ref('state'), '=', sql.lit('over_limit'))
    .execute();
  await db.schema.createIndex('deliveries_by_message_id').on('deliveries').column('message_id').execute();

  await db.schema
    .createTable('secret_addresses')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('token_sha256', 'text', (column) => column.notNull())
    .addColumn('note', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .addUniqueConstraint('secret_addresses_token', ['agent_id', 'token_sha256'])
    .execute();

  await db.schema
    .createTable('suppressed_recipients')
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('delivery_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('suppressed_recipients_key', ['agent_id', 'address'])
    .execute();
}
