/** Finds documents for who may see them: the owner stands in the statement that reads them (invariant 9). */
import { sql } from 'kysely';
import { isPostgres } from '../engine.ts';
import { pageOfKeys } from '../page-of-keys.ts';
import type { Database } from '../schema/index.ts';
import type { Sight } from '../sight.ts';
import { seqAt } from './documents.ts';
import { hasWords, type Match, matchingDocuments } from './match.ts';
import type { DocumentKind, SearchQuery } from './parse-query.ts';
import { agentMark, fromMark, kindMark } from './words.ts';

export interface SearchQuestion extends Pick<SearchQuery, 'words' | 'beginning' | 'from' | 'kind' | 'state'> {
  /** Null for all that are seen. */
  agentId: string | null;
  /** From `since` up to, but without, `until`; epoch ms, null for no bound. */
  since: number | null;
  until: number | null;
  /** Number of the document behind which the page begins; null for the newest. */
  below: number | null;
  limit: number;
}

/** A document that was found. */
export interface SearchHit {
  seq: number;
  kind: DocumentKind;
  /** Id of the mail, the delivery or the run. */
  id: string;
  agent: string;
  at: number;
  /** That of the mail, the delivery or the run; null where its row is deleted. */
  state: string | null;
  sender: string;
  people: string;
  subject: string;
  body: string;
}

/**
 * A page of documents, newest first. `next` is where the next one begins, null at the end. A page can be short and have a
 * next one: no more documents are looked at for one page than `LOOKS` has. Not ok: it took too long.
 */
export type SearchPage = { ok: true; hits: SearchHit[]; next: number | null } | { ok: false };

/**
 * So many documents are looked at at once for one page. First the newest that are seen, whatever is in them: a word that
 * stands in many is found there, and who has few documents has no more. Then the newest that the full-text index gives.
 */
const LOOKS = [100, 300];
/** An owner of more agents has documents picked out after they were found. */
const MOST_AGENTS = 200;

/** Searches. */
export async function searchDocuments(
  db: Database,
  sight: Sight,
  question: SearchQuestion,
): Promise<SearchPage> {
  const { words, beginning, from, kind, agentId, since, until, limit } = question;
  const sought = {
    words: [...words, ...from.map(fromMark), ...(kind === null ? [] : [kindMark(kind)])],
    beginning,
  };
  const range = { from: since === null ? 0 : seqAt(since), below: Number.MAX_SAFE_INTEGER };
  if (question.below !== null) range.below = question.below;
  if (until !== null) range.below = Math.min(range.below, seqAt(until));

  const found: number[] = [];
  const page = async (next: number | null): Promise<SearchPage> => ({
    ok: true,
    hits: await documents(db, sight, found),
    next,
  });
  let isCommon = false;
  for (const [nth, most] of LOOKS.entries()) {
    // The index of Postgres would be read for all documents that have a common word, before the newest are known.
    const asked = { ...sought, ...range, agentId, limit: most };
    const look: Look | null =
      nth === 0 || (isCommon && isPostgres(db))
        ? await lookAtNewest(db, sight, asked)
        : await lookInIndex(db, sight, asked);
    if (look === null) return { ok: false };
    isCommon ||= nth === 0 && look.seqs.length > most / 5;
    const seen = await seenAmong(db, sight, question, look.seqs);
    const room = limit - found.length;
    found.push(...seen.slice(0, room));
    if (seen.length > room) return await page(found.at(-1) ?? null);
    if (look.next === null) return await page(null);
    range.below = look.next;
    if (found.length === limit) break;
  }
  return await page(range.below);
}

/** Documents that match, the highest number first; `next` is where to look on, null at the end. */
interface Look {
  seqs: number[];
  next: number | null;
}

type LookQuestion = Omit<Match, 'oneOf' | 'sight'> & { agentId: string | null };

/** Looks at documents one by one. */
async function lookAtNewest(db: Database, sight: Sight, question: LookQuestion): Promise<Look> {
  const { from, below, limit, agentId } = question;
  const newest = await pageOfKeys<number>(db, {
    table: 'search_documents',
    order: ['seq'],
    after: [below],
    from,
    limit,
    of: agentId === null ? sight : { agentId },
    values: {},
  });
  const next = nextOf(newest, limit);
  if (newest.length === 0) return { seqs: [], next };
  const matching = db
    .selectFrom('search_documents as document')
    .select('document.seq')
    .where('document.seq', 'in', newest)
    .where(hasWords(db, 'document', question))
    .orderBy('document.seq', 'desc');
  return { seqs: (await matching.execute()).map(({ seq }) => seq), next };
}

/** Null where that took too long. */
async function lookInIndex(db: Database, sight: Sight, question: LookQuestion): Promise<Look | null> {
  const { agentId, limit } = question;
  const oneOf = agentId === null ? await marksOfAgents(db, sight) : [agentMark(agentId)];
  const isOfWords = question.words.length > 0 || question.beginning !== null;
  // Marks alone lead Postgres to all documents that have them.
  if (!isOfWords && (isPostgres(db) || oneOf.length === 0)) return await lookAtNewest(db, sight, question);
  const seqs = await matchingDocuments(db, { ...question, oneOf, sight });
  return seqs && { seqs, next: nextOf(seqs, limit) };
}

function nextOf(seqs: readonly number[], limit: number): number | null {
  return seqs.length < limit ? null : (seqs.at(-1) ?? null);
}

/** None for who sees all, and for who has too many. */
async function marksOfAgents(db: Database, sight: Sight): Promise<string[]> {
  if (sight === 'all') return [];
  const agents = db.selectFrom('agents').select('id').where('owner', '=', sight.owner);
  const rows = await agents.limit(MOST_AGENTS + 1).execute();
  if (rows.length > MOST_AGENTS) return [];
  // Who has no agent finds nothing, whatever is asked for.
  return rows.length === 0 ? [agentMark('')] : rows.map(({ id }) => agentMark(id));
}

/** That of what a document is of; null where its row is deleted. */
const stateNow = sql<
  string | null
>`case found.kind when 'mail' then (select state from mails where id = found.source_id)
  when 'answer' then (select state from deliveries where id = found.source_id)
  else (select status from runs where id = found.source_id) end`;

/** Documents with these numbers that are seen, the highest number first. */
function readable(db: Database, sight: Sight, seqs: readonly number[]) {
  const query = db
    .selectFrom('search_documents as found')
    .crossJoin('agents')
    .whereRef('agents.id', '=', 'found.agent_id')
    .where('found.seq', 'in', seqs)
    .orderBy('found.seq', 'desc');
  return sight === 'all' ? query : query.where('agents.owner', '=', sight.owner);
}

/** Those of them that are in the state that is asked for. */
async function seenAmong(
  db: Database,
  sight: Sight,
  { state, agentId }: Pick<SearchQuestion, 'state' | 'agentId'>,
  seqs: readonly number[],
): Promise<number[]> {
  if (seqs.length === 0) return [];
  let query = readable(db, sight, seqs).select('found.seq');
  if (state !== null) query = query.where(stateNow, '=', state);
  if (agentId !== null) query = query.where('agents.id', '=', agentId);
  return (await query.execute()).map(({ seq }) => seq);
}

async function documents(db: Database, sight: Sight, seqs: readonly number[]): Promise<SearchHit[]> {
  if (seqs.length === 0) return [];
  return await readable(db, sight, seqs)
    .select(['found.seq', 'found.kind', 'found.source_id as id', 'agents.name as agent', 'found.at'])
    .select(['found.sender', 'found.people', 'found.subject', 'found.body'])
    .select(stateNow.as('state'))
    .execute();
}
