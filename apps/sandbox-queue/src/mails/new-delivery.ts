/** The row of an outgoing mail before it is sent: how it begins, and whether it awaits approval. */
import {
  MOST_TO_STRANGERS,
  newMessageId,
  type OutboundPolicy,
  STRANGERS_WINDOW_MS,
  whyHeld,
} from '@tinyfat/core';
import { allowList, hasWritten, type NewDelivery, suppressedAmong } from '@tinyfat/database';
import { agentAddress, type ConsumerDeps, type Work } from '../consumer.ts';

/**
 * A row in state `failed`, until its mail is read, checked and composed. `file` is its file in outbox/email; null for none,
 * or for several.
 */
export function newDelivery(
  deps: Pick<ConsumerDeps, 'clock' | 'makeId' | 'mailDomain'>,
  work: Pick<Work, 'agent' | 'mail'>,
  { runId, file }: { runId: string; file: string | null },
): NewDelivery {
  const id = deps.makeId();
  return {
    id,
    agent_id: work.agent.id,
    mail_id: work.mail.id,
    run_id: runId,
    kind: 'mail',
    source_file: file,
    source_sha256: null,
    envelope_sender: agentAddress(deps, work.agent),
    recipients: '[]',
    subject: '',
    message_id: newMessageId(id, deps.mailDomain),
    raw_key: '',
    state: 'failed',
    attempts: 0,
    next_attempt_at: deps.clock(),
    created_at: deps.clock(),
    filed: 0,
  };
}

/**
 * State of a delivery that is composed: `awaiting_approval` where the policy asks or a recipient is suppressed, else
 * `pending`.
 */
export async function firstState(
  deps: Pick<ConsumerDeps, 'db' | 'clock'>,
  { agent, mail }: Pick<Work, 'agent' | 'mail'>,
  recipients: readonly string[],
  policy: OutboundPolicy,
): Promise<Pick<NewDelivery, 'state' | 'reason_code' | 'reason'>> {
  const suppressed = await suppressedAmong(deps.db, agent.id, recipients);
  const many = { mails: MOST_TO_STRANGERS, since: deps.clock() - STRANGERS_WINDOW_MS };
  const request = {
    policy,
    wroteMany: policy === 'anyone' && (await hasWritten(deps.db, agent.id, many)),
    recipients,
    sender: mail.sender ?? '',
    owner: agent.owner,
    allowList: await allowList(deps.db, agent.id),
  };
  const held = whyHeld(request, suppressed);
  if (held === null) return { state: 'pending' };
  return { state: 'awaiting_approval', reason_code: held.code, reason: held.reason };
}
