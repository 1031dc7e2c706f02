/**
 * What can be searched for: a document for each mail, answer and run, with its words as `search/words.ts` has them. Both
 * engines index the same words: SQLite by FTS5, which triggers keep, Postgres by a GIN index. Rows that are there already
 * are read by a job, which begins with the newest and notes how far it is.
 */
import { type Kysely, PostgresAdapter, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await db.schema
    .createTable('search_documents')
    // Of time, so that the newest comes first, and SQLite's index has them in this order.
    .addColumn('seq', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('source_id', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('people', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('words', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('search_documents_by_source')
    .unique()
    .on('search_documents')
    .columns(['kind', 'source_id'])
    .execute();
  for (const statement of isPostgres ? POSTGRES : SQLITE) await sql.raw(statement).execute(db);

  await db.schema
    .createTable('search_backfills')
    .addColumn('kind', 'text', (column) => column.primaryKey().notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .execute();
  for (const [kind, table, time] of [
    ['mail', 'mails', 'received_at'],
    ['answer', 'deliveries', 'created_at'],
    ['run', 'runs', 'started_at'],
  ]) {
    await sql
      .raw(
        `insert into search_backfills (kind, at, id) select '${kind}', max(${time}) + 1, '' from ${table} having count(*) > 0`,
      )
      .execute(db);
  }
}

const POSTGRES = [
  `create index search_documents_by_word on search_documents using gin (array_to_tsvector(string_to_array(words, ' ')))`,
];

/** Documents are found whole: neither places nor columns of words are kept. */
const SQLITE = [
  `create virtual table search_index using fts5(words, content='search_documents', content_rowid='seq', detail=none,
    columnsize=0, prefix='3', tokenize="unicode61 remove_diacritics 0")`,
  `create trigger search_of_new_document after insert on search_documents begin
    insert into search_index (rowid, words) values (new.seq, new.words);
  end`,
  `create trigger search_of_changed_document after update of words on search_documents begin
    insert into search_index (search_index, rowid, words) values ('delete', old.seq, old.words);
    insert into search_index (rowid, words) values (new.seq, new.words);
  end`,
  `create trigger search_of_deleted_document after delete on search_documents begin
    insert into search_index (search_index, rowid, words) values ('delete', old.seq, old.words);
  end`,
];
