/** What this month has cost, and the caps on it, as one line of `/status`. */
import { type Cap, formatUsd, monthOf } from '@tinyfat/core';
import { capsOf, monthSpent } from '@tinyfat/database';
import type { CommandContext } from './context.ts';

/** `$0.12 (budget: $5.00)`, with that of the owner behind it where there is one. */
export async function budgetLine({ deps, work }: CommandContext): Promise<string> {
  const { agent } = work;
  const month = monthOf(deps.clock());
  const caps = await capsOf(deps.db, agent, month, deps.ownerBudgetMicroUsd);
  const own = caps.find(({ scope }) => scope === 'agent');
  const owners = caps.find(({ scope }) => scope === 'owner');
  const { spent } = own ?? (await monthSpent(deps.db, 'agent', agent.id, month));
  const first = `${formatUsd(spent)} (${own ? `budget: ${formatUsd(own.monthly)}` : 'no budget of its own'})`;
  return owners ? `${first}; all agents of the owner: ${ofCap(owners)}` : first;
}

function ofCap({ spent, monthly }: Cap): string {
  return `${formatUsd(spent)} of ${formatUsd(monthly)}`;
}
