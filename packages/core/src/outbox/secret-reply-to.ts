/** The Reply-To of an answer to somebody whom a secret address let in. */
import { canonicalAddress } from '../admission/canonical-address.ts';
import type { Mailbox } from './mailbox.ts';

/**
 * The secret address that a mail came to: at the plain address the sender's next mail would be refused. Null where the mail
 * came to none, or its answer has any other recipient, who could then pass for such a sender.
 *
 * @param agent - its plain address and the name in From
 */
export function secretReplyTo(
  mail: { bySecretAddress: boolean; envelopeRecipient: string; sender: string | null },
  agent: Mailbox,
  recipients: readonly string[],
): Mailbox | null {
  if (!mail.bySecretAddress) return null;
  if (recipients.length !== 1 || recipients[0] !== mail.sender) return null;
  const secret = canonicalAddress(mail.envelopeRecipient);
  const own = canonicalAddress(agent.address);
  if (!secret.ok || !own.ok || !secret.tag || secret.base !== own.base) return null;
  return { address: secret.address, name: agent.name };
}
