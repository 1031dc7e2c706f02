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

/** Where rows are read: `at` is the beginning of what a row is of, in epoch ms. */
interface Source {
  from: RawBuilder<unknown>;
  at: RawBuilder<unknown>;
  where: RawBuilder<boolean>;
  model: RawBuilder<unknown>;
  sender: RawBuilder<unknown>;
  turns: RawBuilder<unknown>;
  micro: RawBuilder<unknown>;
}

/** Days and hours in their order, the rest with what cost most first; what had no turn has no row. */
export async function usageBy(db: Database, question: UsageQuestion): Promise<UsageRow[]> {
  const { by, limit } = question;
  const parts = sourcesOf(question).map((source) => partOf(question, source));
  if (parts.length === 0) return [];
  const order = by === 'day' || by === 'hour' ? sql`1` : sql`7 desc, 1`;
  const { rows } = await sql<Omit<UsageRow, 'key' | 'cost_usd'> & { key: number | string; micro: number }>`
    select key, sum(turns) as turns, sum(input) as input, sum(output) as output, sum("cacheRead") as "cacheRead",
      sum("cacheWrite") as "cacheWrite", sum(micro) as micro
    from (${sql.join(parts, sql` union all `)}) as parts
    group by 1 order by ${order} limit ${sql.lit(limit)}`.execute(db);
  return rows.map(({ key, micro, ...row }) => ({ key: keyText(by, key), ...row, cost_usd: usdOf(micro) }));
}

/**
 * Sums of whole days in UTC, where each of these is in one row; before and behind them, or else for all of the time, sums
 * of hours; and single runs for the hours that are split: by an end of the time, or by midnight in a zone that is not
 * whole hours from UTC.
 */
function sourcesOf(question: UsageQuestion): Source[] {
  const { from, to, by, offsets = [] } = question;
  const [first, end] = [Math.ceil(from / DAY_MS) * DAY_MS, Math.floor(to / DAY_MS) * DAY_MS];
  const areRows = by === 'day' ? offsets.every(({ ms }) => ms % DAY_MS === 0) : by !== 'hour';
  const inDays = areRows && first < end;
  const rest: (readonly [number, number])[] = inDays
    ? [
        [from, first],
        [end, to],
      ]
    : [[from, to]];
  const inHours = rest
    .filter(([start, stop]) => start < stop)
    .flatMap(([start, stop]) => {
      const part = { ...question, from: start, to: stop };
      const split = splitHours(part);
      return split.length === 0 ? [hours(part, split)] : [hours(part, split), runs(part, split)];
    });
  return inDays ? [days({ ...question, from: first, to: end }), ...inHours] : inHours;
}

/** The rows of a source, each with its key. */
function partOf({ by, offsets = [] }: UsageQuestion, source: Source): RawBuilder<unknown> {
  const key = {
    // Whole days or hours since 1970: a division of integers in SQLite and in Postgres.
    day: sql`(${localTime(source.at, offsets)}) / ${sql.lit(DAY_MS)}`,
    hour: sql`(${localTime(source.at, offsets)}) / ${sql.lit(HOUR_MS)}`,
    model: source.model,
    agent: sql`used.agent_id`,
    sender: source.sender,
  }[by];
  return sql`select ${key} as key, ${source.turns} as turns, used.input_tokens as input,
      used.output_tokens as output, used.cache_read_tokens as "cacheRead", used.cache_write_tokens as "cacheWrite",
      ${source.micro} as micro
    from ${source.from} where ${source.where}`;
}

/** Rows of a table of sums that are of the agents. A cross join: SQLite keeps its order, and looks for the agents first. */
const ofAgents = (table: 'usage_days' | 'usage_hours') => sql`agents cross join ${sql.table(table)} as used`;

/** Which agents. */
function areAsked({ owner, agentId }: UsageOf): RawBuilder<boolean> {
  return sql<boolean>`agents.id = used.agent_id
    ${owner === null ? sql`` : sql`and agents.owner = ${owner}`}
    ${agentId === null ? sql`` : sql`and agents.id = ${agentId}`}`;
}

const OF_SUMS = {
  model: sql`used.model`,
  sender: sql`used.sender`,
  turns: sql`used.turns`,
  micro: sql`used.cost_micro_usd`,
};

/** The sums of whole days in UTC. */
function days({ from, to, ...of }: UsageQuestion): Source {
  return {
    ...OF_SUMS,
    from: ofAgents('usage_days'),
    at: sql`used.day * ${sql.lit(DAY_MS)}`,
    where: sql<boolean>`${areAsked(of)} and used.day >= ${from / DAY_MS} and used.day < ${to / DAY_MS}`,
  };
}

/** Hours that have at least a part in a time. */
const isWithin = (from: number, to: number) =>
  sql<boolean>`used.hour >= ${Math.floor(from / HOUR_MS)} and used.hour < ${Math.ceil(to / HOUR_MS)}`;

/** The sums of hours, but for those that are split. */
function hours({ from, to, ...of }: UsageQuestion, split: readonly number[]): Source {
  return {
    ...OF_SUMS,
    from: ofAgents('usage_hours'),
    at: sql`used.hour * ${sql.lit(HOUR_MS)}`,
    where: sql<boolean>`${areAsked(of)} and ${isWithin(from, to)}
      ${split.length === 0 ? sql`` : sql`and used.hour not in (${listOf(split)})`}`,
  };
}

/** The single runs of hours that are split. */
function runs({ from, to, by, ...of }: UsageQuestion, split: readonly number[]): Source {
  const withMails = by === 'sender';
  return {
    // Looks for runs only in those of the hours in which the agent had a turn.
    from: sql`(select distinct used.agent_id, used.hour from ${ofAgents('usage_hours')}
        where ${areAsked(of)} and ${isWithin(from, to)} and used.hour in (${listOf(split)})) as split
      cross join runs as used ${withMails ? sql`cross join mails` : sql``}`,
    at: sql`used.started_at`,
    where: sql<boolean>`used.agent_id = split.agent_id and used.kind = 'turn'
      and used.started_at >= split.hour * ${sql.lit(HOUR_MS)}
      and used.started_at < (split.hour + 1) * ${sql.lit(HOUR_MS)}
      and used.started_at >= ${from} and used.started_at < ${to}
      ${withMails ? sql`and mails.id = used.mail_id` : sql``}`,
    model: sql`coalesce(used.model, '')`,
    sender: sql`coalesce(mails.sender_base, '')`,
    turns: sql`1`,
    micro: sql`cast(round(used.cost_usd * 1000000) as bigint)`,
  };
}

/** The hours (since 1970) that are not whole in the time that is asked for, or not whole in one day or hour of the zone. */
function splitHours({ from, to, by, offsets = [] }: UsageQuestion): number[] {
  const unit = by === 'day' ? DAY_MS : by === 'hour' ? HOUR_MS : Number.POSITIVE_INFINITY;
  const offsetAt = (at: number) => (offsets.find(({ until }) => at < until) ?? offsets.at(-1))?.ms ?? 0;
  const keyAt = (at: number) => Math.floor((at + offsetAt(at)) / unit);
  const found: number[] = [];
  for (let hour = Math.floor(from / HOUR_MS); hour * HOUR_MS < to; hour++) {
    const [first, last] = [hour * HOUR_MS, (hour + 1) * HOUR_MS - 1];
    const isWhole = first >= from && last < to && keyAt(first) === keyAt(last);
    const clocksChange = offsets.slice(0, -1).some(({ until }) => until > first && until <= last);
    if (!isWhole || clocksChange) found.push(hour);
  }
  return found;
}

/** Integers of this program's own, for `in (…)`. */
function listOf(hours: readonly number[]): RawBuilder<unknown> {
  return sql.join(hours.map((hour) => sql.lit(hour)));
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
