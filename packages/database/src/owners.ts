/** Everybody who owns agents, for admins. */
import { type Month, microUsdOf } from '@tinyfat/core';
import type { Database } from './schema/index.ts';

/** One owner with what their agents have cost in a month, micro-dollars. */
export interface OwnerLine {
  /** Canonical address. */
  owner: string;
  /** That are not deleted. */
  agents: number;
  spentMicroUsd: number;
}

/** Owners of agents that are not deleted, by address, behind one of them. Deleted agents count for what was spent. */
export async function listOwners(
  db: Database,
  { after, limit, month }: { after: string | null; limit: number; month: Month },
): Promise<OwnerLine[]> {
  let owners = db
    .selectFrom('agents')
    .select((select) => ['owner', select.fn.countAll<number>().as('agents')])
    .where('deleted_at', 'is', null)
    .groupBy('owner')
    .orderBy('owner')
    .limit(limit);
  if (after !== null) owners = owners.where('owner', '>', after);
  const rows = await owners.execute();
  if (rows.length === 0) return [];
  const spent = await db
    .selectFrom('agents')
    .innerJoin('runs', 'runs.agent_id', 'agents.id')
    .select((select) => ['agents.owner', select.fn.sum<number | null>('runs.cost_usd').as('usd')])
    .where(
      'agents.owner',
      'in',
      rows.map(({ owner }) => owner),
    )
    .where('runs.started_at', '>=', month.from)
    .where('runs.started_at', '<', month.until)
    .groupBy('agents.owner')
    .execute();
  const usd = new Map(spent.map((row) => [row.owner, row.usd ?? 0]));
  return rows.map((row) => ({ ...row, spentMicroUsd: microUsdOf(usd.get(row.owner) ?? 0) }));
}
