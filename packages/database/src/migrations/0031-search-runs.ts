/** Retention looks for the texts of runs whose events it removes, the oldest first. */
import { type Kysely, sql } from 'kysely';

/** Adds an index of documents of runs that have a text. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('search_runs_with_text')
    .on('search_documents')
    // With the kind in it SQLite takes it also before it has counted rows.
    .columns(['kind', 'at', 'source_id'])
    .where(sql<boolean>`kind = 'run' and body <> ''`)
    .execute();
}
