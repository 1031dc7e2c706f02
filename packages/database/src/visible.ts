/**
 * Invariant 9 for people: what an owner may see. Every query here is bound to the owner of the agent that a row belongs
 * to; what belongs to somebody else is not there at all.
 */
import { MAIL_STATES, MAIL_VERDICTS } from '@tinyfat/core';
import { sql } from 'kysely';
import { inQuarantine } from './mails.ts';
import { type KeysQuestion, pageOfKeys } from './page-of-keys.ts';
import { type After, isAfter, isNamed } from './row-places.ts';
import type {
  Agent,
  Budget,
  Database,
  Delivery,
  DeliveryState,
  Mail,
  MailState,
  MailVerdict,
  Run,
  RunStatus,
  SuppressedRecipient,
} from './schema/index.ts';
import type { Sight } from './sight.ts';
import { countRows } from './statements.ts';

export { type After, SHORTEST_ID } from './row-places.ts';
export type { Sight } from './sight.ts';

/** Which page of a list; one row more than `limit` is never given. */
interface PageOf {
  after: After | null;
  limit: number;
}

/** A row with the name of its agent, which may be deleted by now. */
export type OfAgent<Row> = Row & { agent: string };
/** A run with what its mail was, and who asked for its end, when (epoch ms); null where nobody did. */
export type RunOfMail = OfAgent<Run> & {
  subject: string;
  sender: string | null;
  stop_asked_at: number | null;
  stop_asked_by: string | null;
};

/** Agents that are seen, deleted ones too. */
const agents = (db: Database, sight: Sight) => db.selectFrom('agents').where(isSeen(sight));
const existing = (db: Database, sight: Sight) => agents(db, sight).where('deleted_at', 'is', null);

/** The agent of that name, not deleted. */
export async function visibleAgent(db: Database, sight: Sight, name: string): Promise<Agent | undefined> {
  return await existing(db, sight).selectAll().where('name', '=', name).executeTakeFirst();
}

/** The agent with this id, also a deleted one. */
export async function visibleAgentOf(db: Database, sight: Sight, id: string): Promise<Agent | undefined> {
  return await agents(db, sight).selectAll().where('id', '=', id).executeTakeFirst();
}

/** Agents that are not deleted, newest first. */
export async function visibleAgents(db: Database, sight: Sight, { after, limit }: PageOf): Promise<Agent[]> {
  return await existing(db, sight)
    .selectAll()
    .where(isAfter('created_at', 'id', after))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** Names of agents by their ids, deleted ones too. At most as many ids as fit into a statement. */
export async function namesOfAgents(
  db: Database,
  sight: Sight,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await agents(db, sight).select(['id', 'name']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Owners of agents that are not deleted. */
export async function visibleOwners(db: Database, sight: Sight): Promise<string[]> {
  const rows = await existing(db, sight).select('owner').distinct().execute();
  return rows.map((row) => row.owner);
}

/** One agent at a glance. Times in epoch ms. */
export interface AgentOverview {
  name: string;
  owner: string;
  /** When the newest mail came, of any verdict; null where none did. */
  lastMailAt: number | null;
  /** Mails in quarantine; this and the next are counted up to 100. */
  mailsWaiting: number;
  /** Outgoing mails that await approval. */
  deliveriesAwaitingApproval: number;
}

const MOST_COUNTED = 100;

/** Agents that are not deleted, by name; at most `limit` of `total`. */
export async function agentOverview(
  db: Database,
  sight: Sight,
  limit: number,
): Promise<{ agents: AgentOverview[]; total: number }> {
  const rows = await existing(db, sight)
    .select(['name', 'owner'])
    .select((select) => [
      select
        .selectFrom('mails')
        .select('received_at')
        .whereRef('mails.agent_id', '=', 'agents.id')
        .orderBy('received_at', 'desc')
        .limit(sql.lit(1))
        .as('lastMailAt'),
      // The conditions stand in the statement as the partial indexes have them: only then are those used.
      sql<number>`(select count(*) from (select 1 as one from mails where mails.agent_id = agents.id
        and ${inQuarantine} limit ${sql.lit(MOST_COUNTED)}) as some_mails)`.as('mailsWaiting'),
      sql<number>`(select count(*) from (select 1 as one from deliveries where deliveries.agent_id = agents.id
        and state = 'awaiting_approval' limit ${sql.lit(MOST_COUNTED)}) as some_deliveries)`.as(
        'deliveriesAwaitingApproval',
      ),
    ])
    .orderBy('name')
    .limit(limit)
    .execute();
  return { agents: rows, total: await countRows(existing(db, sight)) };
}

/**
 * Rows with their agents. It is a cross join because SQLite keeps its order (sqlite.org/optoverview.html, section 8.2):
 * it would else read all rows of the owner's agents where a few rows are named.
 */
function mails(db: Database, sight: Sight) {
  return db
    .selectFrom('mails')
    .crossJoin('agents')
    .whereRef('agents.id', '=', 'mails.agent_id')
    .selectAll('mails')
    .select('agents.name as agent')
    .where(isSeen(sight));
}

/** The mail with this id, or those whose ids begin with it, two at most; of deleted agents too. */
export async function visibleMailsNamed(db: Database, sight: Sight, id: string): Promise<OfAgent<Mail>[]> {
  return await mails(db, sight).where(isNamed('mails.id', id)).orderBy('mails.id').limit(2).execute();
}

/** What a list of mails is narrowed to. */
export interface MailFilter {
  agentId?: string | undefined;
  state?: MailState | undefined;
  verdict?: MailVerdict | undefined;
  /** With its angle brackets. */
  messageId?: string | undefined;
  /** The base of a canonical address: a person is the same under every tag. */
  senderBase?: string | undefined;
  /** Received at this time or later, and before that one; epoch ms. */
  since?: number | undefined;
  before?: number | undefined;
}

/** Mails, newest first. */
export async function visibleMails(
  db: Database,
  sight: Sight,
  filter: MailFilter,
  { after, limit }: PageOf,
): Promise<OfAgent<Mail>[]> {
  const { agentId, state, verdict, messageId, senderBase, since } = filter;
  const begin = earlier(after, filter.before);
  const newestFirst = mails(db, sight).orderBy('mails.received_at', 'desc').orderBy('mails.id', 'desc');
  if (messageId !== undefined) {
    let query = newestFirst.where('mails.message_id', '=', messageId);
    if (agentId !== undefined) query = query.where('mails.agent_id', '=', agentId);
    if (state !== undefined) query = query.where('mails.state', '=', state);
    if (verdict !== undefined) query = query.where('mails.verdict', '=', verdict);
    if (senderBase !== undefined) query = query.where('mails.sender_base', '=', senderBase);
    if (since !== undefined) query = query.where('mails.received_at', '>=', since);
    return await query
      .where(isAfter('mails.received_at', 'mails.id', begin))
      .limit(limit)
      .execute();
  }
  const outcome = { verdict: one(verdict) ?? MAIL_VERDICTS, state: one(state) ?? MAIL_STATES };
  const isOfAll = state === undefined && verdict === undefined && senderBase === undefined;
  const keys = await pageOfKeys<string>(db, {
    table: 'mails',
    order: ['received_at', 'id'],
    after: begin && [begin.at, begin.id],
    from: since,
    limit,
    of: whose(sight, agentId),
    values: isOfAll ? {} : { ...(senderBase === undefined ? {} : { sender_base: [senderBase] }), ...outcome },
  });
  return keys.length === 0 ? [] : await newestFirst.where('mails.id', 'in', keys).execute();
}

/** Where a page begins that has only rows from before a time. */
function earlier(after: After | null, before: number | undefined): After | null {
  // No id is less than the empty one.
  if (before === undefined || (after !== null && after.at < before)) return after;
  return { at: before, id: '' };
}

function runs(db: Database, sight: Sight) {
  return (
    db
      .selectFrom('runs')
      .crossJoin('agents')
      .whereRef('agents.id', '=', 'runs.agent_id')
      .innerJoin('mails', 'mails.id', 'runs.mail_id')
      .selectAll('runs')
      .select(['agents.name as agent', 'mails.subject', 'mails.sender'])
      // With the jobs among the joined SQLite would read all runs where one is named.
      .select((select) => {
        const job = select.selectFrom('jobs').whereRef('jobs.id', '=', 'runs.job_id');
        return [
          job.select('jobs.stop_asked_at').as('stop_asked_at'),
          job.select('jobs.stop_asked_by').as('stop_asked_by'),
        ];
      })
      .where(isSeen(sight))
  );
}

/** The run with this id, or those whose ids begin with it, two at most; of deleted agents too. */
export async function visibleRunsNamed(db: Database, sight: Sight, id: string): Promise<RunOfMail[]> {
  return await runs(db, sight).where(isNamed('runs.id', id)).orderBy('runs.id').limit(2).execute();
}

/** Runs, newest first. */
export async function visibleRuns(
  db: Database,
  sight: Sight,
  filter: { agentId?: string; status?: RunStatus },
  { after, limit }: PageOf,
): Promise<RunOfMail[]> {
  const { agentId, status } = filter;
  const keys = await pageOfKeys<string>(db, {
    table: 'runs',
    order: ['started_at', 'id'],
    after: after && [after.at, after.id],
    limit,
    of: whose(sight, agentId),
    values: status === undefined ? {} : { status: [status] },
  });
  if (keys.length === 0) return [];
  const found = runs(db, sight).where('runs.id', 'in', keys);
  return await found.orderBy('runs.started_at', 'desc').orderBy('runs.id', 'desc').execute();
}

function deliveries(db: Database, sight: Sight) {
  return db
    .selectFrom('deliveries')
    .crossJoin('agents')
    .whereRef('agents.id', '=', 'deliveries.agent_id')
    .selectAll('deliveries')
    .select('agents.name as agent')
    .where(isSeen(sight));
}

/** The outgoing mail with this id, or those whose ids begin with it, two at most; of deleted agents too. */
export async function visibleDeliveriesNamed(
  db: Database,
  sight: Sight,
  id: string,
): Promise<OfAgent<Delivery>[]> {
  return await deliveries(db, sight)
    .where(isNamed('deliveries.id', id))
    .orderBy('deliveries.id')
    .limit(2)
    .execute();
}

/** Outgoing mails, newest first; a page begins after a number of the sequence. */
export async function visibleDeliveries(
  db: Database,
  sight: Sight,
  filter: { agentId?: string; states?: readonly DeliveryState[] },
  { after, limit }: PageOf,
): Promise<OfAgent<Delivery>[]> {
  const { agentId, states = [] } = filter;
  const keys = await pageOfKeys<number>(db, {
    table: 'deliveries',
    order: ['seq'],
    after: after && [after.at],
    limit,
    of: whose(sight, agentId),
    values: states.length === 0 ? {} : { state: states },
  });
  if (keys.length === 0) return [];
  const found = deliveries(db, sight).where('deliveries.seq', 'in', keys);
  return await found.orderBy('deliveries.seq', 'desc').execute();
}

/** How many outgoing mails there are in each of some states; counted up to `most`, by index alone. */
export async function visibleDeliveryCounts(
  db: Database,
  sight: Sight,
  filter: { agentId?: string; states: readonly DeliveryState[] },
  most: number,
): Promise<Map<DeliveryState, number>> {
  const counts = new Map<DeliveryState, number>();
  for (const state of filter.states) {
    const keys = await pageOfKeys<number>(db, {
      table: 'deliveries',
      order: ['seq'],
      after: null,
      limit: most,
      of: whose(sight, filter.agentId),
      values: { state: [state] },
    });
    counts.set(state, keys.length);
  }
  return counts;
}

/** Whom mail does not reach, the newest first; of deleted agents too. */
export async function visibleSuppressed(db: Database, sight: Sight): Promise<OfAgent<SuppressedRecipient>[]> {
  return await db
    .selectFrom('suppressed_recipients')
    .innerJoin('agents', 'agents.id', 'suppressed_recipients.agent_id')
    .selectAll('suppressed_recipients')
    .select('agents.name as agent')
    .where(isSeen(sight))
    .orderBy('suppressed_recipients.created_at', 'desc')
    .orderBy('suppressed_recipients.address')
    .execute();
}

/** Budgets that were set, of owners and of agents that are not deleted, by name; `name` and `owner` are those of an agent. */
export async function visibleBudgets(
  db: Database,
  sight: Sight,
): Promise<(Pick<Budget, 'scope' | 'subject'> & { name: string | null; owner: string | null })[]> {
  return await db
    .selectFrom('budgets')
    .leftJoin('agents', (join) =>
      join.onRef('agents.id', '=', 'budgets.subject').on('budgets.scope', '=', 'agent'),
    )
    .select(['budgets.scope', 'budgets.subject', 'agents.name', 'agents.owner'])
    .where((where) => {
      const ofOwner = where.and([where('budgets.scope', '=', 'owner'), isSeen(sight, 'budgets.subject')]);
      const exists = where.and([where('agents.id', 'is not', null), where('agents.deleted_at', 'is', null)]);
      return where.or([ofOwner, where.and([exists, isSeen(sight)])]);
    })
    .orderBy('agents.name')
    .execute();
}

/** Whose rows a list reads; that an agent is seen is checked when its rows are read. */
function whose(sight: Sight, agentId: string | undefined): KeysQuestion['of'] {
  return agentId === undefined ? sight : { agentId };
}

function one<Value>(value: Value | undefined): Value[] | undefined {
  return value === undefined ? undefined : [value];
}

/** Rows of one's own, by the column with their owner; or all. */
function isSeen(sight: Sight, owner = 'agents.owner') {
  return sight === 'all' ? sql<boolean>`true` : sql<boolean>`${sql.ref(owner)} = ${sight.owner}`;
}
