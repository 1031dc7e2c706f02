/**
 * Which documents have all these words, newest first: the newest few by reading them, the others by the full text of the
 * engine in use. The one place where the engines differ. Words are letters, digits and marks (`words.ts`), so that none of
 * them is syntax of either.
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

/** Numbers of documents that match, the highest first; `next` is where to look on, null at the end. */
export interface Look {
  seqs: number[];
  next: number | null;
}

/** Postgres ends a search that takes longer. SQLite reads no more than it gives. */
const MOST_MS = 3000;
const QUERY_CANCELED = '57014';

/**
 * Looks at the newest `limit` documents themselves, whatever they are of (`oneOf` is not asked). A word that many have is
 * found in these, where the index of Postgres would be read for all of its documents before the newest are known.
 */
export async function matchingAmongNewest(db: Database, match: Match): Promise<Look> {
  const { words, beginning, from, below, limit } = match;
  const place = sql.raw(isPostgres(db) ? 'strpos' : 'instr');
  const has = (text: string) => sql`${place}(' ' || newest.words || ' ', ${text}) > 0`;
  const conditions = words.map((word) => has(` ${word} `));
  if (beginning !== null) conditions.push(has(` ${beginning}`));
  const fits = conditions.length === 0 ? sql`1 = 1` : sql.join(conditions, sql` and `);
  const { rows } = await sql<{ seq: number; fits: number }>`
    select newest.seq, case when ${fits} then 1 else 0 end as fits from (
      select seq, words from search_documents where seq >= ${from} and seq < ${below}
      order by seq desc limit ${sql.lit(limit)}) as newest
    order by newest.seq desc`.execute(db);
  return {
    seqs: rows.filter((row) => row.fits === 1).map(({ seq }) => seq),
    next: rows.length < limit ? null : (rows.at(-1)?.seq ?? null),
  };
}

/** The newest `limit` documents that match, by the index; null where the search was ended because it took too long. */
export async function matchingDocuments(db: Database, match: Match): Promise<Look | null> {
  const { from, below, limit } = match;
  if (match.words.length + match.oneOf.length === 0 && match.beginning === null) {
    const all = db
      .selectFrom('search_documents')
      .select('seq')
      .where('seq', '>=', from)
      .where('seq', '<', below);
    return asLook(await all.orderBy('seq', 'desc').limit(limit).execute(), limit);
  }
  if (!isPostgres(db)) {
    const begun = match.beginning === null ? null : await wordsThatBegin(db, match.beginning);
    return asLook((await sqlite(match, begun).execute(db)).rows, limit);
  }
  try {
    return await transact(db, [], async (tx) => {
      // For this transaction alone.
      await sql`select set_config('statement_timeout', ${String(MOST_MS)}, true)`.execute(tx);
      return asLook((await postgres(match).execute(tx)).rows, limit);
    });
  } catch (error) {
    if (errorCode(error) === QUERY_CANCELED) return null;
    throw error;
  }
}

function asLook(rows: readonly { seq: number }[], limit: number): Look {
  const seqs = rows.map(({ seq }) => seq);
  return { seqs, next: seqs.length < limit ? null : (seqs.at(-1) ?? null) };
}

/**
 * FTS5 gives rowids in order, so it ends at the limit (fts5.html, section 3). That is not so for a beginning that it has no
 * index of: it reads all documents of all words that begin so before it gives the first. `begun` are those words, where
 * they are few.
 */
function sqlite(match: Match, begun: readonly string[] | null): RawBuilder<{ seq: number }> {
  const { words, beginning, oneOf, from, below, limit } = match;
  const quoted = (word: string) => `"${word}"`;
  const anyOf = (some: readonly string[]) => `(${some.map(quoted).join(' OR ')})`;
  const parts = words.map(quoted);
  if (oneOf.length > 0) parts.push(anyOf(oneOf));
  if (begun !== null) parts.push(anyOf(begun));
  else if (beginning !== null) parts.push(`${quoted(beginning)} *`);
  return sql<{ seq: number }>`
    select rowid as seq from search_index where search_index match ${parts.join(' AND ')}
      and rowid >= ${from} and rowid < ${below} order by rowid desc limit ${sql.lit(limit)}`;
}

/** A beginning of more words is looked up as such. */
const MOST_BEGUN = 64;

/**
 * The words of all documents that begin so, by jumps from one to the next in the index; null where there are too many, and
 * the beginning itself where there is none. A letter or digit comes behind a blank, so no word that goes on is jumped over.
 */
async function wordsThatBegin(db: Database, beginning: string): Promise<string[] | null> {
  const next = (first: RawBuilder<unknown>) => sql`(select term from search_index_terms
    where term >= ${first} and term < ${`${beginning}\u{10FFFF}`} order by term limit 1)`;
  const { rows } = await sql<{ word: string }>`
    with recursive begun (word) as (
      select ${next(sql`${beginning}`)}
      union all select ${next(sql`begun.word || ' '`)} from begun where begun.word is not null)
    select word from begun where word is not null limit ${sql.lit(MOST_BEGUN + 1)}`.execute(db);
  if (rows.length > MOST_BEGUN) return null;
  return rows.length === 0 ? [beginning] : rows.map(({ word }) => word);
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
