/** Indexes for lists of the mails of one sender, with or without an outcome. */
import type { Kysely } from 'kysely';

/** Indexes only. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const listed = ['sender_base', 'verdict', 'state', 'received_at', 'id'];
  await db.schema.createIndex('mails_by_sender').on('mails').columns(listed).execute();
  await db.schema
    .createIndex('mails_by_agent_sender')
    .on('mails')
    .columns(['agent_id', ...listed])
    .execute();
}
