/**
 * Full text of the engine in use: which documents have all these words, newest first. The one place where the engines
 * differ. Words are letters, digits and marks (`words.ts`), so that none of them is syntax of either.
 */
import { errorCode } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import { isPostgres } from '../engine.ts';
import { transact } from '../locks.ts';
import type { Database } from '../schema/index.ts';

export interface Match {
  /** Each of them. */
  words: readonly string[];
  /** The beginning of one more; null for none. */
  beginning: string | null;
  /** One of these; empty for no matter which. */
  oneOf: readonly string[];
  /** Numbers of documents from `from` up to, but without, `below`. */
  from: number;
  below: number;
  limit: number;
}

/** Postgres ends a search that takes longer. SQLite reads no more than it gives. */
const MOST_MS = 3000;
const QUERY_CANCELED = '57014';

/** Their numbers, the highest first; null where the search was ended because it took too long. */
export async function matchingDocuments(db: Database, match: Match): Promise<number[] | null> {
  const { from, below, limit } = match;
  if (match.words.length + match.oneOf.length === 0 && match.beginning === null) {
    const all = db
      .selectFrom('search_documents')
      .select('seq')
      .where('seq', '>=', from)
      .where('seq', '<', below);
    return (await all.orderBy('seq', 'desc').limit(limit).execute()).map(({ seq }) => seq);
  }
  if (!isPostgres(db)) return await seqsOf(db, sqlite(match));
  try {
    return await transact(db, [], async (tx) => {
      // For this transaction alone.
      await sql`select set_config('statement_timeout', ${String(MOST_MS)}, true)`.execute(tx);
      return await seqsOf(tx, postgres(match));
    });
  } catch (error) {
    if (errorCode(error) === QUERY_CANCELED) return null;
    throw error;
  }
}

async function seqsOf(db: Database, query: RawBuilder<{ seq: number }>): Promise<number[]> {
  return (await query.execute(db)).rows.map(({ seq }) => seq);
}

/** FTS5 gives rowids in order, so it ends at the limit (fts5.html, section 3). */
function sqlite({ words, beginning, oneOf, from, below, limit }: Match): RawBuilder<{ seq: number }> {
  const quoted = (word: string) => `"${word}"`;
  const parts = words.map(quoted);
  if (oneOf.length > 0) parts.push(`(${oneOf.map(quoted).join(' OR ')})`);
  if (beginning !== null) parts.push(`${quoted(beginning)} *`);
  return sql<{ seq: number }>`
    select rowid as seq from search_index where search_index match ${parts.join(' AND ')}
      and rowid >= ${from} and rowid < ${below} order by rowid desc limit ${sql.lit(limit)}`;
}

/** As the index has it; quoted words of a tsquery are taken as they are (datatype-textsearch.html). */
function postgres({ words, beginning, oneOf, from, below, limit }: Match): RawBuilder<{ seq: number }> {
  const quoted = (word: string) => `'${word}'`;
  const parts = words.map(quoted);
  if (oneOf.length > 0) parts.push(`(${oneOf.map(quoted).join(' | ')})`);
  if (beginning !== null) parts.push(`${quoted(beginning)}:*`);
  return sql<{ seq: number }>`
    select seq from search_documents
    where array_to_tsvector(string_to_array(words, ' ')) @@ ${parts.join(' & ')}::tsquery
      and seq >= ${from} and seq < ${below} order by seq desc limit ${sql.lit(limit)}`;
}
