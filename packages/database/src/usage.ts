/** What turns have used, added up by day, model or agent. */
import { microUsdOf, usdOf } from '@tinyfat/core';
import { sql } from 'kysely';
import type { Database } from './schema/index.ts';

/** Which turns, and what makes a row. */
export interface UsageQuestion {
  /** Canonical address; null for all owners. Deleted agents count too. */
  owner: string | null;
  /** Null for all agents. With both, only an agent of that owner counts. */
  agentId: string | null;
  /** Turns that started from `from` up to, but without, `to`; epoch ms. */
  from: number;
  to: number;
  by: 'day' | 'model' | 'agent';
}

/** `key` is a day in UTC (`2026-11-22`), the id of a model (empty where none was reached) or the id of an agent. */
export interface UsageRow {
  key: string;
  turns: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  cost_usd: number;
}

const DAY_MS = 86_400_000;

/** The rows in order of their keys; a day, model or agent without a turn has none. */
export async function usageBy(db: Database, question: UsageQuestion): Promise<UsageRow[]> {
  const { owner, agentId, from, to, by } = question;
  // Whole days since 1970: a division of integers in SQLite and in Postgres.
  const key = {
    day: sql<number | string>`runs.started_at / ${sql.lit(DAY_MS)}`,
    model: sql<number | string>`coalesce(runs.model, '')`,
    agent: sql<number | string>`runs.agent_id`,
  }[by];
  let query = db
    .selectFrom('runs')
    .innerJoin('agents', 'agents.id', 'runs.agent_id')
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
    .orderBy(key);
  if (owner !== null) query = query.where('agents.owner', '=', owner);
  if (agentId !== null) query = query.where('runs.agent_id', '=', agentId);
  return (await query.execute()).map((row) => ({
    ...row,
    key: by === 'day' ? new Date(Number(row.key) * DAY_MS).toISOString().slice(0, 10) : String(row.key),
    cost_usd: usdOf(microUsdOf(row.cost_usd)),
  }));
}
