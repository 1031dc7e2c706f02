/**
 * Which documents have all these words, by the full text of the engine in use, newest first. The one place where the engines
 * differ. Words are letters, digits and marks (`words.ts`), so that none of them is syntax of either.
 */
import { errorCode } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import { isPostgres } from '../engine.ts';
import { transact } from '../locks.ts';
import type { Database } from '../schema/index.ts';
import type { Sight } from '../sight.ts';

/** What a document has. */
export interface Sought {
  /** Each of these words. */
  words: readonly string[];
  /** The beginning of one more; null for none. */
  beginning: string | null;
}

export interface Match extends Sought {
  /** One of these marks; empty for no matter which. */
  oneOf: readonly string[];
  /** Whose documents are wanted; others may be among what is found. */
  sight: Sight;
  /** Numbers of documents from `from` up to, but without, `below`. */
  from: number;
  below: number;
  limit: number;
}

/** Postgres ends a search that takes longer. SQLite reads no more than it gives. */
const MOST_MS = 3000;
const QUERY_CANCELED = '57014';

/** Numbers of the newest documents, the highest first; null where the search was ended because it took too long. */
export async function matchingDocuments(db: Database, match: Match): Promise<number[] | null> {
  if (!isPostgres(db)) {
    const begun = match.beginning === null ? null : await wordsThatBegin(db, match.beginning);
    // Each mark costs a look at every part of the index, which is saved where few have the words.
    const isOfWords = match.words.length > 0 || match.beginning !== null;
    const few = isOfWords ? await seqsOf(db, inFts({ ...match, oneOf: [] }, begun)) : null;
    if (few !== null && (few.length < match.limit || match.oneOf.length === 0)) return few;
    return await seqsOf(db, inFts(match, begun));
  }
  try {
    return await transact(db, [], async (tx) => {
      // For this transaction alone. An order by number would have Postgres read and test all documents where it finds few.
      await sql`select set_config('statement_timeout', ${String(MOST_MS)}, true),
        set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true)`.execute(tx);
      return (await rareInGin(tx, match)) ?? (await newestInGin(tx, match));
    });
  } catch (error) {
    if (errorCode(error) === QUERY_CANCELED) return null;
    throw error;
  }
}

async function seqsOf(db: Database, query: RawBuilder<{ seq: number }>): Promise<number[]> {
  return (await query.execute(db)).rows.map(({ seq }) => seq);
}

/** Whether the text of all words of a document, the column `words` of `document`, has these. */
export function hasWords(db: Database, document: string, { words, beginning }: Sought): RawBuilder<boolean> {
  const place = sql.raw(isPostgres(db) ? 'strpos' : 'instr');
  const has = (text: string) => sql`${place}(' ' || ${sql.ref(`${document}.words`)} || ' ', ${text}) > 0`;
  const conditions = words.map((word) => has(` ${word} `));
  if (beginning !== null) conditions.push(has(` ${beginning}`));
  return conditions.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

/**
 * FTS5 gives rowids in order, so it ends at the limit (fts5.html, section 3). That is not so for a beginning that it has no
 * index of: it reads all documents of all words that begin so before it gives the first. `begun` are those words, where
 * they are few.
 */
function inFts(match: Match, begun: readonly string[] | null): RawBuilder<{ seq: number }> {
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
function inGin({ words, beginning }: Sought, oneOf: readonly string[]): RawBuilder<boolean> {
  const quoted = (word: string) => `'${word}'`;
  const parts = words.map(quoted);
  if (oneOf.length > 0) parts.push(`(${oneOf.map(quoted).join(' | ')})`);
  if (beginning !== null) parts.push(`${quoted(beginning)}:*`);
  return sql<boolean>`array_to_tsvector(string_to_array(words, ' ')) @@ ${parts.join(' & ')}::tsquery`;
}

/** So many documents of everybody are read for words that stand in no more. */
const MOST_RARE = 2000;

/**
 * A GIN index gives documents in no order of ours, and the more words it is asked for, marks too, the more it reads. What few
 * have is asked for alone, and whose the documents are is seen from those. Null where more have it.
 */
async function rareInGin(tx: Database, match: Match): Promise<number[] | null> {
  const { sight, from, below, limit } = match;
  const seen =
    sight === 'all'
      ? sql`1 = 1`
      : sql`exists (select 1 from agents where agents.id = rare.agent_id and agents.owner = ${sight.owner})`;
  const { rows } = await sql<{ matches: number; seq: number | null }>`
    with rare as materialized (
      select seq, agent_id from search_documents
      where ${inGin(match, [])} and seq >= ${from} and seq < ${below} limit ${sql.lit(MOST_RARE + 1)}),
    page as (select seq from rare where ${seen} order by seq desc limit ${sql.lit(limit)})
    select counted.matches, page.seq from (select count(*) as matches from rare) as counted
      left join page on 1 = 1 order by page.seq desc`.execute(tx);
  if (rows.some(({ matches }) => matches > MOST_RARE)) return null;
  return rows.flatMap(({ seq }) => (seq === null ? [] : [seq]));
}

/** Reads all that the index has of the words and marks, and sorts it. */
async function newestInGin(tx: Database, match: Match): Promise<number[]> {
  const { oneOf, from, below, limit } = match;
  return await seqsOf(
    tx,
    sql<{ seq: number }>`
      select seq from search_documents where ${inGin(match, oneOf)} and seq >= ${from} and seq < ${below}
      order by seq desc limit ${sql.lit(limit)}`,
  );
}
