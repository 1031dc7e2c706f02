/** What turns have used, added up by hour, day, model, agent or sender; and what a month has cost so far. */
import { type Month, microUsdOf, usdOf } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './schema/index.ts';

/** What makes a row of usage. */
export const USAGE_KEYS = ['day', 'hour', 'model', 'agent', 'sender'] as const;
export type UsageKey = (typeof USAGE_KEYS)[number];

/** Whose turns. */
export interface UsageOf {
  /** Canonical address; null for all owners. Deleted agents count too. */
  owner: string | null;
  /** Null for all agents. With both, only an agent of that owner counts. */
  agentId: string | null;
}

/** How far clocks of a zone are before UTC up to, but without, a moment (epoch ms); both in ms. */
export interface ZoneOffset {
  until: number;
  ms: number;
}

/** Which turns, and what makes a row. */
export interface UsageQuestion extends UsageOf {
  /** Turns that started from `from` up to, but without, `to`; epoch ms. */
  from: number;
  to: number;
  by: UsageKey;
  /** In whose days and hours, in order of time; the last one holds for all that comes after. Absent: UTC. */
  offsets?: readonly ZoneOffset[];
  /** At most so many rows. */
  limit: number;
}

/**
 * `key` is a day (`2026-11-22`) or the beginning of an hour (`2026-11-22T14:00`), the id of a model (empty where none was
 * reached), the id of an agent, or the address of a sender without its tag (empty where there was none).
 */
export interface UsageRow {
  key: string;
  turns: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  cost_usd: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Days and hours in their order, the rest with what cost most first; what had no turn has no row. */
export async function usageBy(db: Database, question: UsageQuestion): Promise<UsageRow[]> {
  const { owner, agentId, from, to, by, offsets = [], limit } = question;
  const key = {
    // Whole days or hours since 1970: a division of integers in SQLite and in Postgres.
    day: sql<number | string>`(${localTime(offsets)}) / ${sql.lit(DAY_MS)}`,
    hour: sql<number | string>`(${localTime(offsets)}) / ${sql.lit(HOUR_MS)}`,
    model: sql<number | string>`coalesce(runs.model, '')`,
    agent: sql<number | string>`runs.agent_id`,
    sender: sql<number | string>`coalesce(mails.sender_base, '')`,
  }[by];
  const isTime = by === 'day' || by === 'hour';
  let query = db
    .selectFrom('runs')
    .innerJoin('agents', 'agents.id', 'runs.agent_id')
    .$if(by === 'sender', (joined) => joined.innerJoin('mails', 'mails.id', 'runs.mail_id'))
    .select(({ fn }) => [
      key.as('key'),
      fn.countAll<number>().as('turns'),
      fn.sum<number>('runs.input_tokens').as('input'),
      fn.sum<number>('runs.output_tokens').as('output'),
      fn.sum<number>('runs.cache_read_tokens').as('cacheRead'),
      fn.sum<number>('runs.cache_write_tokens').as('cacheWrite'),
      fn.sum<number>('runs.cost_usd').as('cost_usd'),
    ])
    .where('runs.kind', '=', 'turn')
    .where('runs.started_at', '>=', from)
    .where('runs.started_at', '<', to)
    .groupBy(key)
    .$if(!isTime, (grouped) => grouped.orderBy(({ fn }) => fn.sum('runs.cost_usd'), 'desc'))
    .orderBy(key)
    .limit(limit);
  if (owner !== null) query = query.where('agents.owner', '=', owner);
  if (agentId !== null) query = query.where('runs.agent_id', '=', agentId);
  return (await query.execute()).map((row) => ({
    ...row,
    key: keyText(by, row.key),
    cost_usd: usdOf(microUsdOf(row.cost_usd)),
  }));
}

/** When a run started, as the clocks of the zone showed it. */
function localTime(offsets: readonly ZoneOffset[]): RawBuilder<number> {
  const last = offsets.at(-1);
  if (last === undefined) return sql<number>`runs.started_at`;
  const earlier = offsets.slice(0, -1);
  if (earlier.length === 0) return sql<number>`runs.started_at + ${sql.lit(last.ms)}`;
  const cases = earlier.map(
    ({ until, ms }) => sql`when runs.started_at < ${sql.lit(until)} then ${sql.lit(ms)}`,
  );
  return sql<number>`runs.started_at + case ${sql.join(cases, sql` `)} else ${sql.lit(last.ms)} end`;
}

function keyText(by: UsageKey, key: number | string): string {
  if (by === 'day') return new Date(Number(key) * DAY_MS).toISOString().slice(0, 10);
  return by === 'hour' ? new Date(Number(key) * HOUR_MS).toISOString().slice(0, 16) : String(key);
}

/** What the runs that started in a month have cost so far; amounts in micro-dollars. */
export interface MonthUsage {
  spent: number;
  /** Set aside for turns that run now, of this month or the one before. */
  reserved: number;
  /** When the oldest of the agents was made, epoch ms; null where there is none. */
  since: number | null;
}

/** The same of one agent, of all agents of an owner, or of all. */
export async function usageOfMonth(
  db: Database,
  { owner, agentId }: UsageOf,
  month: Month,
): Promise<MonthUsage> {
  let agents = db.selectFrom('agents');
  if (owner !== null) agents = agents.where('owner', '=', owner);
  if (agentId !== null) agents = agents.where('id', '=', agentId);
  const oldest = await agents.select('created_at').orderBy('created_at').limit(1).executeTakeFirst();
  const isAll = owner === null && agentId === null;
  const ofWhom = isAll ? sql<boolean>`true` : sql<boolean>`runs.agent_id in (${agents.select('id')})`;
  const { usd } = await db
    .selectFrom('runs')
    .select(({ fn }) => fn.sum<number | null>('cost_usd').as('usd'))
    .where(ofWhom)
    .where('started_at', '>=', month.from)
    .where('started_at', '<', month.until)
    .executeTakeFirstOrThrow();
  const { reserved } = await db
    .selectFrom('runs')
    .select(({ fn }) => fn.sum<number | null>('reserved_micro_usd').as('reserved'))
    .where(ofWhom)
    .where('status', '=', sql.lit('running'))
    .executeTakeFirstOrThrow();
  return { spent: microUsdOf(usd ?? 0), reserved: reserved ?? 0, since: oldest?.created_at ?? null };
}
