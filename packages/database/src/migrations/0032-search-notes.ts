/**
 * Search finds the notes of owners and the texts that runs were run again with: those that are there already are read once
 * more. And the words of SQLite's full-text index become a table of their own, so that the beginning of a word is searched
 * for as the words that begin so.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) {
    // It has no rows of its own (fts5.html, section 9).
    await sql`create virtual table search_index_terms using fts5vocab(search_index, instance)`.execute(db);
  }
  await sql`
    delete from search_documents where kind = 'run' and source_id in (select id from runs where edited_text <> '')
    `.execute(db);
  for (const [kind, table, time, isMissing] of [
    ['mail', 'mails', 'received_at', 'rewrites is not null'],
    ['run', 'runs', 'started_at', `edited_text <> ''`],
  ]) {
    // What has a document is passed over.
    await sql
      .raw(
        `insert into search_backfills (kind, at, id)
          select '${kind}', max(${time}) + 1, '' from ${table} where ${isMissing} having count(*) > 0
          on conflict (kind) do update set at = excluded.at, id = '' where search_backfills.at < excluded.at`,
      )
      .execute(db);
  }
}
