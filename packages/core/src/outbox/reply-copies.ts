/**
 * Who else gets a plain answer. Whoever may write to an agent chooses the Cc of his mail, so the people on it are
 * copied only where each of them could have written himself: one stranger, and nobody but the sender is answered.
 */
import type { AllowEntry } from '../admission/allow-list.ts';
import type { Mailbox } from './mailbox.ts';
import { outboundDecision } from './policy.ts';
import type { IncomingMail } from './reply.ts';
import { MAX_RECIPIENTS } from './schema.ts';

/** Who is known to an agent, and whom its mail does not reach. All addresses canonical. */
export interface KnownPeople {
  owner: string;
  allowList: readonly AllowEntry[];
  suppressed: readonly string[];
}

/**
 * The other people of an incoming mail as copies of its answer. Empty where one of them is not allowed, or where they
 * are more than one mail goes to: nobody gets half of a conversation. Suppressed ones are left out.
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
