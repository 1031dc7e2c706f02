/** To whom an agent may write without asking: the person who wrote to it, its owner, and its allowed senders. */
import { type AllowEntry, matchAllowList } from '../admission/allow-list.ts';
import { canonicalAddress } from '../admission/canonical-address.ts';
import type { Mailbox } from './mailbox.ts';
import type { IncomingMail } from './reply.ts';
import { MAX_RECIPIENTS } from './schema.ts';

/** All addresses canonical. */
interface OutboundRequest {
  recipients: readonly string[];
  /** The authenticated sender of the mail that the run answers. */
  sender: string;
  owner: string;
  allowList: readonly AllowEntry[];
}

/** `foreign` are the recipients outside the policy, in order; `reason` is a sentence for the owner. */
type OutboundDecision =
  | { decision: 'send' }
  | { decision: 'needs_approval'; foreign: string[]; reason: string };

/** Decides over the whole mail: with one foreign recipient all of it awaits approval, since nobody gets half of a conversation. */
export function outboundDecision(request: OutboundRequest): OutboundDecision {
  const foreign = request.recipients.filter((recipient) => !isKnown(recipient, request));
  if (foreign.length === 0) return { decision: 'send' };
  return {
    decision: 'needs_approval',
    foreign,
    reason: `The mail goes to ${foreign.join(', ')}, who is neither the sender, the owner nor an allowed sender.`,
  };
}

function isKnown(recipient: string, people: OutboundRequest): boolean {
  return recipientRole(recipient, people) !== null;
}

/** As what the policy knows a recipient (canonical address); null for somebody foreign. */
export function recipientRole(
  recipient: string,
  { sender, owner, allowList }: Omit<OutboundRequest, 'recipients'>,
): 'owner' | 'sender' | 'allowed' | null {
  if (recipient === owner) return 'owner';
  if (recipient === sender) return 'sender';
  const address = canonicalAddress(recipient);
  return address.ok && matchAllowList(allowList, address) !== null ? 'allowed' : null;
}

/** All addresses canonical; `suppressed` get no mail. */
interface KnownPeople {
  owner: string;
  allowList: readonly AllowEntry[];
  suppressed: readonly string[];
}

/**
 * The other people of an incoming mail as Cc of its answer. The sender chose them, so they are copied only where each of
 * them is allowed: none where one is foreign, or where they are more than one mail goes to. Suppressed ones are left out.
 */
export function replyCopies(
  { sender, others }: Pick<IncomingMail, 'sender' | 'others'>,
  { owner, allowList, suppressed }: KnownPeople,
): Mailbox[] {
  const people = [...new Set(others)].filter((address) => address !== sender);
  if (people.length >= MAX_RECIPIENTS) return [];
  const { decision } = outboundDecision({ recipients: people, sender, owner, allowList });
  if (decision !== 'send') return [];
  return people.filter((address) => !suppressed.includes(address)).map((address) => ({ address, name: '' }));
}
