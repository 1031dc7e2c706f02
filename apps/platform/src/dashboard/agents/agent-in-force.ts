/** An agent with its settings and its own budget, as several pages about it show them. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as agents from '../../api/routes/agents.ts';
import * as budgets from '../../api/routes/budgets.ts';

/** What is in force. */
export interface AgentInForce {
  ok: true;
  agent: v.InferOutput<typeof agents.agent>;
  settings: v.InferOutput<typeof agents.agentSettings>;
  /** The agent's own cap, beside which that of its owner holds. */
  budget: v.InferOutput<typeof budgets.budget>;
}

/** Asks for it; the refusal of the first that is not shown. */
export async function agentInForce(ask: Ask, name: string): Promise<AgentInForce | Refusal> {
  const params = { agent: name };
  const agent = await ask(agents.getAgent, { params });
  if (!agent.ok) return agent;
  const settings = await ask(agents.getAgentSettings, { params });
  if (!settings.ok) return settings;
  const budget = await ask(budgets.getAgentBudget, { params });
  if (!budget.ok) return budget;
  return { ok: true, agent: agent.body, settings: settings.body, budget: budget.body };
}
