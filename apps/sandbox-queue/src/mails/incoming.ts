/** The mail of a job, in the form that the rules of threading and replies take. */
import { type IncomingMail, type Mailbox, secretReplyTo } from '@tinyfat/core';
import type { Mail } from '@tinyfat/database';
import { agentMailbox, type ConsumerDeps, type Work } from '../consumer.ts';

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

/** Reply-To of an answer to a mail that came by a secret address (core's `secretReplyTo`). */
export function replyToOf(
  deps: Pick<ConsumerDeps, 'mailDomain'>,
  { agent, mail }: Pick<Work, 'agent' | 'mail'>,
  recipients: readonly string[],
): Mailbox | null {
  const came = {
    bySecretAddress: mail.secret_address !== null,
    envelopeRecipient: mail.envelope_recipient,
    sender: mail.sender,
  };
  return secretReplyTo(came, agentMailbox(deps, agent), recipients);
}
