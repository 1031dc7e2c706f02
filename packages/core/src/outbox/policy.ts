/**
 * To whom an agent may write without asking, as its owner sets it. The host decides over the recipients that it will write to
 * itself; nothing in the agent's folder has a say.
 */
import { type AllowEntry, matchAllowList } from '../admission/allow-list.ts';
import { canonicalAddress } from '../admission/canonical-address.ts';
import type { Mailbox } from './mailbox.ts';
import type { IncomingMail } from './reply.ts';
import { MAX_RECIPIENTS } from './schema.ts';

/**
 * `known`: the person who wrote to it, its owner, and its allowed senders. `ask`: nobody; each mail that it writes waits for
 * the owner. `anyone`: everybody, so whoever may write to it can have it write to strangers in the name of this server.
 */
export const OUTBOUND_POLICIES = ['known', 'ask', 'anyone'] as const;
export type OutboundPolicy = (typeof OUTBOUND_POLICIES)[number];

/** The policy of a stored text. What this version does not know asks always. */
export function storedOutbound(text: string): OutboundPolicy {
  return OUTBOUND_POLICIES.find((policy) => policy === text) ?? 'ask';
}

/** With `anyone`, mail to strangers waits once an agent has written so many mails within `STRANGERS_WINDOW_MS`. */
export const MOST_TO_STRANGERS = 100;
export const STRANGERS_WINDOW_MS = 24 * 3_600_000;

/** All addresses canonical. */
interface OutboundRequest {
  policy: OutboundPolicy;
  /** The agent has written `MOST_TO_STRANGERS` mails or more within the window; absent: not known, as where it is no matter. */
  wroteMany?: boolean;
  recipients: readonly string[];
  /** The authenticated sender of the mail that the run answers. */
  sender: string;
  owner: string;
  allowList: readonly AllowEntry[];
}

/**
 * `foreign` are the recipients that are not known, in order; none where every mail is to be approved. `reason` is a sentence
 * for the owner.
 */
type OutboundDecision =
  | { decision: 'send' }
  | { decision: 'needs_approval'; foreign: string[]; reason: string };

/** Decides over the whole mail: with one foreign recipient all of it awaits approval, since nobody gets half of a conversation. */
export function outboundDecision(request: OutboundRequest): OutboundDecision {
  const { policy, wroteMany = false } = request;
  if (policy === 'anyone' && !wroteMany) return { decision: 'send' };
  const foreign = request.recipients.filter((recipient) => !isKnown(recipient, request));
  if (policy === 'anyone' && foreign.length > 0) {
    const reason = `It has written ${MOST_TO_STRANGERS} mails or more in the last 24 hours, so this one to ${foreign.join(', ')} waits.`;
    return { decision: 'needs_approval', foreign, reason };
  }
  if (foreign.length === 0) {
    if (policy !== 'ask') return { decision: 'send' };
    const reason = 'Every mail that this agent writes waits for approval.';
    return { decision: 'needs_approval', foreign, reason };
  }
  return {
    decision: 'needs_approval',
    foreign,
    reason: `The mail goes to ${foreign.join(', ')}, who is neither the sender, the owner nor an allowed sender.`,
  };
}

function isKnown(recipient: string, people: Omit<OutboundRequest, 'policy'>): boolean {
  return recipientRole(recipient, people) !== null;
}

/** As what the policy knows a recipient (canonical address); null for somebody foreign. */
export function recipientRole(
  recipient: string,
  { sender, owner, allowList }: Omit<OutboundRequest, 'policy' | 'recipients'>,
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
  // Also where the agent may write to anyone: it is the sender who names them.
  if (!people.every((address) => isKnown(address, { recipients: people, sender, owner, allowList })))
    return [];
  return people.filter((address) => !suppressed.includes(address)).map((address) => ({ address, name: '' }));
}
