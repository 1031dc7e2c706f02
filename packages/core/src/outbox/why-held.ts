/** Why an outgoing mail awaits its owner's approval. */
import { outboundDecision } from './policy.ts';
import { suppressedReason } from './report-effect.ts';

/** The code and a sentence about the recipients; null where it need not. `suppressed`: those of its recipients who are. */
export function whyHeld(
  request: Parameters<typeof outboundDecision>[0],
  suppressed: Parameters<typeof suppressedReason>[0],
): { code: 'recipients_not_allowed' | 'recipient_suppressed'; reason: string } | null {
  const policy = outboundDecision(request);
  const isForeign = policy.decision === 'needs_approval';
  if (!isForeign && suppressed.length === 0) return null;
  const reasons = isForeign ? [policy.reason] : [];
  if (suppressed.length > 0) reasons.push(suppressedReason(suppressed));
  return {
    code: isForeign ? 'recipients_not_allowed' : 'recipient_suppressed',
    reason: reasons.join(' '),
  };
}
