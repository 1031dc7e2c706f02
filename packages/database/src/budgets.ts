/** Budgets: what a month may cost, of one agent or of all agents of an owner. Amounts are micro-dollars. */
import { type BudgetScope, type Cap, type Month, microUsdOf } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import type { Agent, Budget, Database } from './schema/index.ts';
import { changed } from './statements.ts';
import type { Sight } from './visible.ts';

/** The budget that was set for an agent (by id) or an owner (canonical address); undefined when there is none. */
export async function budgetOf(
  db: Database,
  scope: BudgetScope,
  subject: string,
): Promise<Budget | undefined> {
  return await db
    .selectFrom('budgets')
    .selectAll()
    .where('scope', '=', scope)
    .where('subject', '=', subject)
    .executeTakeFirst();
}

/** Sets a budget in the place of the one that there was. Requests to a model that come from then on keep to it. */
export async function setBudget(db: Database, budget: Budget): Promise<void> {
  const { monthly_micro_usd, updated_at } = budget;
  await db
    .insertInto('budgets')
    .values(budget)
    .onConflict((conflict) =>
      conflict.columns(['scope', 'subject']).doUpdateSet({ monthly_micro_usd, updated_at }),
    )
    .execute();
}

/** Removes a budget; false when there was none. */
export async function removeBudget(db: Database, scope: BudgetScope, subject: string): Promise<boolean> {
  return await changed(db.deleteFrom('budgets').where('scope', '=', scope).where('subject', '=', subject));
}

/**
 * What the runs that started in a month have cost, and what those under way have reserved. Deleted agents count for their
 * owner too.
 */
export async function monthSpent(
  db: Database,
  scope: BudgetScope,
  subject: string,
  month: Month,
): Promise<{ spent: number; reserved: number }> {
  const agents = db
    .selectFrom('agents')
    .select('id')
    .where(scope === 'agent' ? 'id' : 'owner', '=', subject);
  const row = await db
    .selectFrom('runs')
    .select([
      sql<number | null>`sum(cost_usd)`.as('usd'),
      sql<number | null>`sum(reserved_micro_usd)`.as('reserved'),
    ])
    .where('agent_id', 'in', agents)
    .where('started_at', '>=', month.from)
    .where('started_at', '<', month.until)
    .executeTakeFirstOrThrow();
  return { spent: microUsdOf(row.usd ?? 0), reserved: row.reserved ?? 0 };
}

/** The caps that bind an agent in a month, with what is used of them. `ownerDefault` holds for owners without a budget. */
export async function capsOf(
  db: Database,
  agent: Pick<Agent, 'id' | 'owner'>,
  month: Month,
  ownerDefault: number | null,
): Promise<Cap[]> {
  const caps: Cap[] = [];
  for (const [scope, subject, fallback] of [
    ['agent', agent.id, null],
    ['owner', agent.owner, ownerDefault],
  ] as const) {
    const monthly = (await budgetOf(db, scope, subject))?.monthly_micro_usd ?? fallback;
    if (monthly !== null) caps.push({ scope, monthly, ...(await monthSpent(db, scope, subject, month)) });
  }
  return caps;
}

/** A budget of which most is spent; `name` and `owner` are those of its agent. */
export interface BudgetNearlySpent extends Pick<Budget, 'scope' | 'subject'> {
  name: string | null;
  owner: string | null;
}

const DAY_MS = 86_400_000;

/**
 * Budgets that were set, above nothing, of which turns of a month have spent a share (of 100) or more: of owners, and of
 * agents that are not deleted. At most `limit`, by what they are of.
 */
export async function budgetsNearlySpent(
  db: Database,
  sight: Sight,
  { month, percent, limit }: { month: Month; percent: number; limit: number },
): Promise<BudgetNearlySpent[]> {
  const spentBy = (whose: RawBuilder<unknown>) => sql`coalesce((select sum(used.cost_micro_usd)
    from agents as spender cross join usage_days as used
    where ${whose} and used.agent_id = spender.id
      and used.day >= ${month.from / DAY_MS} and used.day < ${month.until / DAY_MS}), 0) as spent`;
  const seen = (owner: RawBuilder<unknown>) => (sight === 'all' ? sql`true` : sql`${owner} = ${sight.owner}`);
  const { rows } = await sql<BudgetNearlySpent>`select scope, subject, name, owner from (
      select budgets.scope, budgets.subject, budgets.monthly_micro_usd as monthly, agents.name, agents.owner,
        ${spentBy(sql`spender.id = budgets.subject`)}
      from budgets join agents on agents.id = budgets.subject
      where budgets.scope = 'agent' and agents.deleted_at is null and ${seen(sql`agents.owner`)}
      union all
      select budgets.scope, budgets.subject, budgets.monthly_micro_usd as monthly, null as name, null as owner,
        ${spentBy(sql`spender.owner = budgets.subject`)}
      from budgets where budgets.scope = 'owner' and ${seen(sql`budgets.subject`)}
    ) as capped
    where monthly > 0 and spent * 100 >= monthly * ${sql.lit(percent)}
    order by scope, subject limit ${sql.lit(limit)}`.execute(db);
  return rows;
}
