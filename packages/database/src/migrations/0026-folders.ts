/** Who settled an uncertain delivery by hand, and an index to find by whom a session is gone on with. */
import type { Kysely } from 'kysely';

/** Adds two columns and an index. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('deliveries').addColumn('marked_sent_by', 'text').execute();
  await db.schema.alterTable('deliveries').addColumn('marked_sent_at', 'bigint').execute();
  await db.schema
    .createIndex('current_sessions_by_session')
    .on('current_sessions')
    .columns(['agent_id', 'session_id', 'scope'])
    .execute();
}
