/** Whether a mail may leave, or waits for the owner. */
import { outboundDecision, suppressedReason } from '@tinyfat/core';
import { allowList, type NewDelivery, suppressedAmong } from '@tinyfat/database';
import type { ConsumerDeps, Work } from './consumer.ts';

/**
 * First state of a delivery that is ready: `awaiting_approval` where somebody on it is a stranger to the agent, or
 * suppressed; else `pending`. What the owner approves is sent all the same.
 */
export async function firstState(
  deps: Pick<ConsumerDeps, 'db'>,
  { agent, mail }: Pick<Work, 'agent' | 'mail'>,
  recipients: readonly string[],
): Promise<Pick<NewDelivery, 'state' | 'reason_code' | 'reason'>> {
  const policy = outboundDecision({
    recipients,
    sender: mail.sender ?? '',
    owner: agent.owner,
    allowList: await allowList(deps.db, agent.id),
  });
  const suppressed = await suppressedAmong(deps.db, agent.id, recipients);
  if (policy.decision === 'send' && suppressed.length === 0) return { state: 'pending' };
  const reasons = policy.decision === 'needs_approval' ? [policy.reason] : [];
  if (suppressed.length > 0) reasons.push(suppressedReason(suppressed));
  return {
    state: 'awaiting_approval',
    reason_code: policy.decision === 'needs_approval' ? 'recipients_not_allowed' : 'recipient_suppressed',
    reason: reasons.join(' '),
  };
}
