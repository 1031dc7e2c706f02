/** `/status`: what the agent is set to, and what it has used. */
import { sessionHash } from '@tinyfat/core';
import { agentTotals, currentSession, deliveryCounts, lastRunOfSession } from '@tinyfat/database';
import type { LetterText } from '@tinyfat/mail';
import { agentModel } from '../agent-setup.ts';
import { agentAddress } from '../consumer.ts';
import { budgetLine } from './budget-line.ts';
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
