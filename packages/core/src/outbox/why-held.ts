/** Why an outgoing mail awaits its owner's approval. */
import { outboundDecision } from './policy.ts';
import { suppressedReason } from './report-effect.ts';

/** The code and a sentence about the recipients; null where it need not. `suppressed`: those of its recipients who are. */
export function whyHeld(
  request: Parameters<typeof outboundDecision>[0],
  suppressed: Parameters<typeof suppressedReason>[0],
): { code: 'recipients_not_allowed' | 'approval_always' | 'recipient_suppressed'; reason: string } | null {
  const decided = outboundDecision(request);
  if (decided.decision === 'send' && suppressed.length === 0) return null;
  const reasons = decided.decision === 'send' ? [] : [decided.reason];
  if (suppressed.length > 0) reasons.push(suppressedReason(suppressed));
  return { code: codeOf(decided), reason: reasons.join(' ') };
}

function codeOf(decided: ReturnType<typeof outboundDecision>) {
  if (decided.decision === 'send') return 'recipient_suppressed';
  return decided.foreign.length > 0 ? 'recipients_not_allowed' : 'approval_always';
}
