/** Indexes for lists of the mails of one sender, with or without an outcome. */
import { type Kysely, sql } from 'kysely';

/** Indexes only. They hold the mails whose sender is known, so that no other question is answered by them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const listed = ['sender_base', 'verdict', 'state', 'received_at', 'id'];
  const indexes: [string, string[]][] = [
    ['mails_by_sender', listed],
    ['mails_by_agent_sender', ['agent_id', ...listed]],
  ];
  for (const [name, columns] of indexes) {
    await db.schema
      .createIndex(name)
      .on('mails')
      .columns(columns)
      .where(sql.ref('sender_base'), 'is not', null)
      .execute();
  }
}
