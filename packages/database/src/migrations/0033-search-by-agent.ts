/** Search looks first at the newest documents of an agent, whatever is in them. */
import type { Kysely } from 'kysely';

/** Adds an index. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('search_documents_by_agent')
    .on('search_documents')
    .columns(['agent_id', 'seq'])
    .execute();
}
