/** The mail of a job, in the form that the rules of threading and replies take. */
import { canonicalAddress, type IncomingMail, type Mailbox } from '@tinyfat/core';
import type { Mail } from '@tinyfat/database';
import { agentAddress, agentMailbox, type ConsumerDeps, type Work } from '../consumer.ts';

/** Sender, subject and thread of a mail row. Only accepted mails have jobs, and those have a sender. */
export function incomingMail(mail: Mail): IncomingMail {
  if (mail.sender === null) throw new Error(`mail ${mail.id} has a job but no sender`);
  const invented = mail.message_id.endsWith('@no-message-id.invalid>');
  const others: string[] = JSON.parse(mail.others);
  return {
    sender: mail.sender,
    senderName: mail.sender_name,
    subject: mail.subject,
    messageId: invented ? null : mail.message_id,
    inReplyTo: mail.in_reply_to,
    references: mail.thread_references === '' ? [] : mail.thread_references.split(' '),
    others,
  };
}

/**
 * The secret address that the mail came to, as Reply-To of an answer: at the plain address the sender's next mail would be
 * refused. Null where the answer has any other recipient, who could then pass for such a sender.
 */
export function secretReplyTo(
  deps: Pick<ConsumerDeps, 'mailDomain'>,
  { agent, mail }: Pick<Work, 'agent' | 'mail'>,
  recipients: readonly string[],
): Mailbox | null {
  if (mail.secret_address === null) return null;
  if (recipients.length !== 1 || recipients[0] !== mail.sender) return null;
  const secret = canonicalAddress(mail.envelope_recipient);
  const own = canonicalAddress(agentAddress(deps, agent));
  if (!secret.ok || !own.ok || !secret.tag || secret.base !== own.base) return null;
  return { address: secret.address, name: agentMailbox(deps, agent).name };
}
