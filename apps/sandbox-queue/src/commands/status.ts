/** `/status`: what the agent is set to, and what it has used. */
import { type Cap, formatUsd, monthOf, sessionHash } from '@tinyfat/core';
import {
  agentTotals,
  capsOf,
  currentSession,
  deliveryCounts,
  lastRunOfSession,
  monthSpent,
} from '@tinyfat/database';
import type { LetterText } from '@tinyfat/mail';
import { agentAddress } from '../consumer.ts';
import { agentModel } from '../job/agent-setup.ts';
import type { CommandAnswer, CommandContext } from './context.ts';
import { when } from './format.ts';
import { knownSessions } from './sessions.ts';

export async function status(context: CommandContext): Promise<CommandAnswer> {
  const { deps, work, config, scope } = context;
  const { agent } = work;
  const { sessions, more } = await knownSessions(context);
  const ids = sessions.map((session) => session.id);
  const sessionId = await currentSession(deps.db, agent.id, scope);
  const exists = sessionId !== undefined && ids.includes(sessionId);
  const last = exists ? await lastRunOfSession(deps.db, agent.id, sessionId) : undefined;
  const totals = await agentTotals(deps.db, agent.id);
  const deliveries = await deliveryCounts(deps.db, agent.id);
  const used =
    last?.context_tokens != null && last.context_window
      ? `${last.context_tokens} of ${last.context_window} tokens (${((100 * last.context_tokens) / last.context_window).toFixed(1)}%)`
      : 'not known yet';
  const of = `${sessions.length}${more ? ' or more' : ''}; scope: ${config.sessionScope}`;
  const { waiting, awaiting_approval, failed, uncertain, bounced } = deliveries;
  const rows: [string, ...LetterText[]][] = [
    ['Address', agentAddress(deps, agent)],
    ['Model', { code: agentModel(deps, config).model.id }],
    exists
      ? ['Session', { code: sessionHash(sessionId, ids) }, ` (of ${of})`]
      : ['Session', `begins with your next mail (of ${of})`],
    ['Context used', used],
    ['Turns so far', `${totals.turns}, ${totals.tokens} tokens, $${totals.costUsd.toFixed(3)}`],
    ['This month', await budgetLine(context)],
    [
      'Outgoing mail',
      `${waiting} waiting, ${awaiting_approval} to approve, ${failed} failed, ${uncertain} uncertain, ${bounced} bounced`,
    ],
    ['Last turn', last?.finished_at ? when(last.finished_at) : 'none'],
  ];
  return {
    letter: {
      heading: 'Status',
      blocks: [{ kind: 'rows', rows: rows.map(([label, ...text]) => ({ label, text })) }],
    },
  };
}

/** What this month has cost and its budgets, as `$0.12 (budget: $5.00)`, with the owner's behind it where there is one. */
async function budgetLine({ deps, work }: CommandContext): Promise<string> {
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
