/** What can be searched for. */

export interface SearchTables {
  search_documents: SearchDocumentsTable;
  search_backfills: SearchBackfillsTable;
}

/** One mail, answer or run. SQLite's `search_index` and an index of Postgres are made of `words` by the database itself. */
interface SearchDocumentsTable {
  /** Grows with the time of the document; see `search/documents.ts`. */
  seq: number;
  kind: 'mail' | 'answer' | 'run';
  /** Id of the mail, the delivery or the run. */
  source_id: string;
  agent_id: string;
  /** Epoch ms. */
  at: number;
  /** Address and name of who wrote. */
  sender: string;
  /** Addresses of whom it went to. */
  people: string;
  subject: string;
  /** The beginning of the text; empty where there is none, or retention has removed it. */
  body: string;
  /** Of all these, each once, and marks (`search/words.ts`), separated by blanks. */
  words: string;
}

/** How far rows from before the search have been read, newest first; without a row there are none left. */
interface SearchBackfillsTable {
  kind: 'mail' | 'answer' | 'run';
  at: number;
  id: string;
}
