/** To whom an agent may write without asking: the person who wrote to it, its owner, and its allowed senders. */
import { type AllowEntry, matchAllowList } from '../admission/allow-list.ts';
import { canonicalAddress } from '../admission/canonical-address.ts';

/** Whom a mail is for, and who is known. All addresses canonical. */
export interface OutboundRequest {
  recipients: readonly string[];
  /** The authenticated sender of the mail that the run answers. */
  sender: string;
  owner: string;
  allowList: readonly AllowEntry[];
}

/** `foreign` are the recipients outside the policy, in order; `reason` is a sentence for the owner. */
export type OutboundDecision =
  | { decision: 'send' }
  | { decision: 'needs_approval'; foreign: string[]; reason: string };

/** Decides over the whole mail: one foreign recipient makes it wait for approval, for nobody gets half of a conversation. */
export function outboundDecision(request: OutboundRequest): OutboundDecision {
  const foreign = request.recipients.filter((recipient) => !isKnown(recipient, request));
  if (foreign.length === 0) return { decision: 'send' };
  return {
    decision: 'needs_approval',
    foreign,
    reason: `The mail goes to ${foreign.join(', ')}, who is neither the sender, the owner nor an allowed sender.`,
  };
}

function isKnown(recipient: string, { sender, owner, allowList }: OutboundRequest): boolean {
  if (recipient === sender || recipient === owner) return true;
  const address = canonicalAddress(recipient);
  return address.ok && matchAllowList(allowList, address) !== null;
}
