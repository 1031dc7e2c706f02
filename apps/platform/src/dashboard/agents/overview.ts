/** The first page about an agent: how it is, what waits, and what came last. */
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as agents from '../../api/routes/agents.ts';
import * as budgets from '../../api/routes/budgets.ts';
import * as mails from '../../api/routes/mails.ts';
import { counted } from '../../view/numbers.ts';
import type { Tone } from '../../view/words.ts';
import { agentPath } from './agent-tabs.ts';
import type { ModelCost } from './turn-cost.ts';

/** Mails on the page. */
const LAST_MAILS = 5;

/** What the page shows. */
export interface OverviewPage {
  ok: true;
  agent: v.InferOutput<typeof agents.agent>;
  settings: v.InferOutput<typeof agents.agentSettings>;
  /** What a turn costs at the model in force. */
  cost: ModelCost | undefined;
  budget: v.InferOutput<typeof budgets.budget>;
  mails: v.InferOutput<typeof mails.mailRow>[];
  waits: Waiting[];
}

/** Something that needs the owner, and where it is settled. */
export interface Waiting {
  text: string;
  href: string;
  tone: Tone;
}

/** Asks for everything on the page. */
export async function overviewPage(ask: Ask, name: string): Promise<OverviewPage | Refusal> {
  const params = { agent: name };
  const agent = await ask(agents.getAgent, { params });
  if (!agent.ok) return agent;
  const settings = await ask(agents.getAgentSettings, { params });
  if (!settings.ok) return settings;
  const budget = await ask(budgets.getAgentBudget, { params });
  if (!budget.ok) return budget;
  const last = await ask(mails.listMails, { query: { agent: agent.body.name, limit: String(LAST_MAILS) } });
  if (!last.ok) return last;
  const { in_force } = settings.body.model;
  return {
    ok: true,
    agent: agent.body,
    settings: settings.body,
    cost: settings.body.models.find(({ id }) => id === in_force),
    budget: budget.body,
    mails: last.body.data,
    waits: waitingOf(agent.body),
  };
}

/** Pauses the agent or lets it go on, as the form says. */
export async function changePause(ask: Ask, name: string, form: URLSearchParams): Promise<Outcome<unknown>> {
  const action = form.get('action');
  if (action !== 'pause' && action !== 'resume') {
    return refuse('invalid_request', 'The form does not say what is to be done.');
  }
  return await ask(agents.changeAgent, { params: { agent: name }, body: { paused: action === 'pause' } });
}

/** What needs the owner, the most pressing first. */
function waitingOf({ name, mails_waiting, outbox }: OverviewPage['agent']): Waiting[] {
  const agent = encodeURIComponent(name);
  const path = `${agentPath(name)}/outbox`;
  const rows: [number, string, string, Tone][] = [
    [outbox.awaiting_approval, 'to approve', `/approvals?agent=${agent}`, 'wait'],
    [mails_waiting, 'in quarantine', `/mails?agent=${agent}&state=quarantined`, 'wait'],
    [outbox.uncertain, 'that may or may not have been sent', `${path}?state=uncertain`, 'bad'],
    [outbox.failed, 'that could not be sent', `${path}?state=failed`, 'bad'],
    [outbox.bounced, 'that came back', `${path}?state=failed`, 'bad'],
  ];
  return rows
    .filter(([count]) => count > 0)
    .map(([count, what, href, tone]) => ({ text: `${counted(count, 'mail')} ${what}`, href, tone }));
}
