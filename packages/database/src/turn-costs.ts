/** What the last turns of an agent have cost, by model: read by an index that has nothing else. */
import { sql } from 'kysely';
import type { Database } from './schema/index.ts';

/** Turns that are looked at for one model. */
export const TURNS_LOOKED_AT = 20;

/**
 * Costs in US dollars of the agent's last turns at each of these models that came to a good end, the newest first, at most
 * `TURNS_LOOKED_AT` of each; a model without any is left out. At most 100 models.
 */
export async function lastTurnCosts(
  db: Database,
  agentId: string,
  models: readonly string[],
): Promise<Map<string, number[]>> {
  const costs = new Map<string, number[]>();
  if (models.length === 0) return costs;
  const lists = models.map(
    (model, index) => sql`select * from (
      select model, cost_usd from runs
      where agent_id = ${agentId} and model = ${model} and kind = 'turn' and status = 'done'
      order by started_at desc limit ${sql.lit(TURNS_LOOKED_AT)}) as ${sql.ref(`list${index}`)}`,
  );
  const { rows } = await sql<{ model: string; cost_usd: number }>`
    ${sql.join(lists, sql` union all `)}`.execute(db);
  for (const { model, cost_usd } of rows) {
    const list = costs.get(model);
    if (list) list.push(cost_usd);
    else costs.set(model, [cost_usd]);
  }
  return costs;
}
