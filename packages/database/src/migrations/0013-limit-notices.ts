/** Who is to be told by mail that mails wait because of a limit, and who was told when. */
import type { Kysely } from 'kysely';

/** Adds a table; what is there stays as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('limit_notices')
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('recipient', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('mail_id', 'text', (column) => column.notNull().references('mails.id'))
    .addColumn('limit_code', 'text', (column) => column.notNull())
    .addColumn('waiting', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('limit_notices_key', ['agent_id', 'role', 'recipient'])
    .execute();
  await db.schema
    .createIndex('limit_notices_due')
    .on('limit_notices')
    .columns(['state', 'next_attempt_at'])
    .execute();
}
