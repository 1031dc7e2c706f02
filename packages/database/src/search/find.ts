/** Finds documents for who may see them: the owner stands in the statement that reads them (invariant 9). */
import { sql } from 'kysely';
import type { Database } from '../schema/index.ts';
import type { Sight } from '../sight.ts';
import { seqAt } from './documents.ts';
import { matchingAmongNewest, matchingDocuments } from './match.ts';
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
 * next one: no more matches are looked at for one page than `LOOKS` has. Not ok: it took too long.
 */
export type SearchPage = { ok: true; hits: SearchHit[]; next: number | null } | { ok: false };

/**
 * So many are looked at at once for one page: first the newest documents, then the newest that the index gives. Those of
 * others and those in another state are left out.
 */
const LOOKS = [100, 100, 1000];
/** An owner of more agents has documents picked out after they were found. */
const MOST_AGENTS = 200;

/** Searches. */
export async function searchDocuments(
  db: Database,
  sight: Sight,
  question: SearchQuestion,
): Promise<SearchPage> {
  const { words, beginning, from, kind, agentId, since, until, limit } = question;
  const match = {
    words: [
      ...words,
      ...from.map(fromMark),
      ...(kind === null ? [] : [kindMark(kind)]),
      ...(agentId === null ? [] : [agentMark(agentId)]),
    ],
    beginning,
    oneOf: agentId === null ? await marksOfAgents(db, sight) : [],
    from: since === null ? 0 : seqAt(since),
  };
  let below = Math.min(
    question.below ?? Number.MAX_SAFE_INTEGER,
    until === null ? Number.MAX_SAFE_INTEGER : seqAt(until),
  );
  const found: number[] = [];
  const page = async (next: number | null): Promise<SearchPage> => ({
    ok: true,
    hits: await documents(db, sight, found),
    next,
  });
  for (const [nth, most] of LOOKS.entries()) {
    const look = nth === 0 ? matchingAmongNewest : matchingDocuments;
    const matching = await look(db, { ...match, below, limit: most });
    if (matching === null) return { ok: false };
    const seen = await seenAmong(db, sight, question, matching.seqs);
    const room = limit - found.length;
    found.push(...seen.slice(0, room));
    if (seen.length > room) return await page(found.at(-1) ?? null);
    if (matching.next === null) return await page(null);
    below = matching.next;
    if (found.length === limit) break;
  }
  return await page(below);
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
