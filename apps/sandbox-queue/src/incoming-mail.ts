/** The accepted mail of a job, as the threading and reply rules want it. */
import { canonicalAddress, type IncomingMail, type Mailbox } from '@tinyfat/core';
import type { Mail } from '@tinyfat/database';
import { agentAddress, agentMailbox, type ConsumerDeps, type Work } from './consumer.ts';

/** Sender, subject and thread of a mail row. Only mails that were let in have jobs, and those have a sender. */
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
 * The secret address that the mail came to, as Reply-To of a mail to its sender, so that the conversation goes on:
 * at the plain address the next mail would be refused. Whoever knows the address can pass for such a sender, so
 * null where anybody else reads along.
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
