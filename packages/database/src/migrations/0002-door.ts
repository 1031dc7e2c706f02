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
  for (const column of ['signature', 'sender_base', 'secret_address']) {
    await db.schema.alterTable('mails').addColumn(column, 'text').execute();
  }

  // Whatever was taken in, be it held, is the one mail of its sender with that Message-ID, and of its signature, for
  // this agent. Who else writes under the same Message-ID takes nobody's place.
  await sql`update mails set sender_base = case when instr(sender, '+') between 2 and instr(sender, '@')
    then substr(sender, 1, instr(sender, '+') - 1) || substr(sender, instr(sender, '@')) else sender end`.execute(
    db,
  );
  await db.schema.dropIndex('mails_accepted_once').execute();
  const taken = sql.join([sql.lit('accepted'), sql.lit('held'), sql.lit('over_limit')]);
  await db.schema
    .createIndex('mails_taken_once')
    .unique()
    .on('mails')
    .columns(['agent_id', 'message_id', 'sender_base'])
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
    .createIndex('mails_waiting')
    .on('mails')
    .column('agent_id')
    .where(sql<boolean>`state in ('held', 'over_limit')`)
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
