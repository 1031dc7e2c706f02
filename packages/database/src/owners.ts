/** Everybody who owns agents, for admins. */
import type { Month } from '@tinyfat/core';
import type { Database } from './schema/index.ts';

const DAY_MS = 86_400_000;

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
  // By day, as months are: with every run of a month the page would cost more the more there are.
  const spent = await db
    .selectFrom('agents')
    .crossJoin('usage_days')
    .select((select) => ['agents.owner', select.fn.sum<number>('usage_days.cost_micro_usd').as('micro')])
    .whereRef('usage_days.agent_id', '=', 'agents.id')
    .where(
      'agents.owner',
      'in',
      rows.map(({ owner }) => owner),
    )
    .where('usage_days.day', '>=', month.from / DAY_MS)
    .where('usage_days.day', '<', month.until / DAY_MS)
    .groupBy('agents.owner')
    .execute();
  const micro = new Map(spent.map((row) => [row.owner, row.micro]));
  return rows.map((row) => ({ ...row, spentMicroUsd: micro.get(row.owner) ?? 0 }));
}

/** How many agents there are that are not deleted, how many owners of those, and how many owners with a key of their own. */
export async function countOwners(
  db: Database,
): Promise<{ agents: number; owners: number; keyOwners: number }> {
  const { agents, owners } = await db
    .selectFrom('agents')
    .select(({ fn }) => [
      fn.countAll<number>().as('agents'),
      fn.count<number>('owner').distinct().as('owners'),
    ])
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  const { keyOwners } = await db
    .selectFrom('provider_keys')
    .select(({ fn }) => fn.count<number>('owner').distinct().as('keyOwners'))
    .executeTakeFirstOrThrow();
  return { agents, owners, keyOwners };
}
