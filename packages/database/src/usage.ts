/** What turns have used, added up by hour, day, model, agent or sender; and what a month has cost so far. */
import { type Month, usdOf } from '@tinyfat/core';
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

/** Where rows are read: `at` is the beginning of what a row is of, and the sums are over rows. */
interface Source {
  from: RawBuilder<unknown>;
  at: RawBuilder<unknown>;
  within: RawBuilder<boolean>;
  model: RawBuilder<unknown>;
  sender: RawBuilder<unknown>;
  sums: RawBuilder<unknown>;
}

/**
 * Days and hours in their order, the rest with what cost most first; what had no turn has no row. Where the time and the
 * days of the zone begin with days in UTC or on whole hours, sums of these are read, else every run.
 */
export async function usageBy(db: Database, question: UsageQuestion): Promise<UsageRow[]> {
  const { owner, agentId, from, to, by, offsets = [], limit } = question;
  const areWhole = (unit: number) =>
    [from, to, ...offsets.map(({ ms }) => ms)].every((ms) => ms % unit === 0);
  const source =
    by !== 'hour' && areWhole(DAY_MS)
      ? sumsBetween(from, to, { table: 'usage_days', unit: 'day', ms: DAY_MS })
      : areWhole(HOUR_MS)
        ? sumsBetween(from, to, { table: 'usage_hours', unit: 'hour', ms: HOUR_MS })
        : runsBetween(from, to, by === 'sender');
  const key = {
    // Whole days or hours since 1970: a division of integers in SQLite and in Postgres.
    day: sql`(${localTime(source.at, offsets)}) / ${sql.lit(DAY_MS)}`,
    hour: sql`(${localTime(source.at, offsets)}) / ${sql.lit(HOUR_MS)}`,
    model: source.model,
    agent: sql`used.agent_id`,
    sender: source.sender,
  }[by];
  const order = by === 'day' || by === 'hour' ? sql`1` : sql`7 desc, 1`;
  // A cross join: SQLite keeps its order, and looks for the agents first.
  const { rows } = await sql<Omit<UsageRow, 'key' | 'cost_usd'> & { key: number | string; micro: number }>`
    select ${key} as key, ${source.sums} from agents cross join ${source.from}
    where agents.id = used.agent_id and ${source.within}
      ${owner === null ? sql`` : sql`and agents.owner = ${owner}`}
      ${agentId === null ? sql`` : sql`and agents.id = ${agentId}`}
    group by 1 order by ${order} limit ${sql.lit(limit)}`.execute(db);
  return rows.map(({ key, micro, ...row }) => ({ key: keyText(by, key), ...row, cost_usd: usdOf(micro) }));
}

function sumsBetween(
  from: number,
  to: number,
  { table, unit, ms }: { table: 'usage_days' | 'usage_hours'; unit: 'day' | 'hour'; ms: number },
): Source {
  const at = sql.ref(`used.${unit}`);
  return {
    from: sql`${sql.table(table)} as used`,
    at: sql`${at} * ${sql.lit(ms)}`,
    within: sql<boolean>`${at} >= ${from / ms} and ${at} < ${to / ms}`,
    model: sql`used.model`,
    sender: sql`used.sender`,
    sums: sumsOf(sql`sum(used.turns)`, sql`sum(used.cost_micro_usd)`),
  };
}

function runsBetween(from: number, to: number, withMails: boolean): Source {
  const isTurn = sql<boolean>`used.kind = 'turn' and used.started_at >= ${from} and used.started_at < ${to}`;
  return {
    from: withMails ? sql`runs as used cross join mails` : sql`runs as used`,
    at: sql`used.started_at`,
    within: withMails ? sql<boolean>`${isTurn} and mails.id = used.mail_id` : isTurn,
    model: sql`coalesce(used.model, '')`,
    sender: sql`coalesce(mails.sender_base, '')`,
    sums: sumsOf(sql`count(*)`, sql`cast(round(sum(used.cost_usd) * 1000000) as bigint)`),
  };
}

function sumsOf(turns: RawBuilder<unknown>, micro: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${turns} as turns, sum(used.input_tokens) as input, sum(used.output_tokens) as output,
    sum(used.cache_read_tokens) as "cacheRead", sum(used.cache_write_tokens) as "cacheWrite", ${micro} as micro`;
}

/** A moment as the clocks of the zone showed it. */
function localTime(at: RawBuilder<unknown>, offsets: readonly ZoneOffset[]): RawBuilder<unknown> {
  const last = offsets.at(-1);
  if (last === undefined) return at;
  const earlier = offsets.slice(0, -1);
  if (earlier.length === 0) return sql`${at} + ${sql.lit(last.ms)}`;
  const cases = earlier.map(({ until, ms }) => sql`when ${at} < ${sql.lit(until)} then ${sql.lit(ms)}`);
  return sql`${at} + case ${sql.join(cases, sql` `)} else ${sql.lit(last.ms)} end`;
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
  if (agentId !== null) agents = agents.where('agents.id', '=', agentId);
  const oldest = await agents.select('created_at').orderBy('created_at').limit(1).executeTakeFirst();
  const { spent } = await agents
    .crossJoin('usage_days')
    .whereRef('usage_days.agent_id', '=', 'agents.id')
    .where('day', '>=', Math.floor(month.from / DAY_MS))
    .where('day', '<', Math.floor(month.until / DAY_MS))
    .select(({ fn }) => fn.sum<number | null>('cost_micro_usd').as('spent'))
    .executeTakeFirstOrThrow();
  const { reserved } = await agents
    .crossJoin('runs')
    .whereRef('runs.agent_id', '=', 'agents.id')
    .where('status', '=', sql.lit('running'))
    .select(({ fn }) => fn.sum<number | null>('reserved_micro_usd').as('reserved'))
    .executeTakeFirstOrThrow();
  return { spent: spent ?? 0, reserved: reserved ?? 0, since: oldest?.created_at ?? null };
}
