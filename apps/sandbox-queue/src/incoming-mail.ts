/** The accepted mail of a job, as the threading and reply rules want it. */
import type { IncomingMail } from '@tinyfat/core';
import type { Mail } from '@tinyfat/database';

/** Sender, subject and thread of a mail row. Only accepted mails have jobs, and those have a sender. */
export function incomingMail(mail: Mail): IncomingMail {
  if (mail.sender === null) throw new Error(`mail ${mail.id} has a job but no sender`);
  const invented = mail.message_id.endsWith('@no-message-id.invalid>');
  return {
    sender: mail.sender,
    senderName: mail.sender_name,
    subject: mail.subject,
    messageId: invented ? null : mail.message_id,
    inReplyTo: mail.in_reply_to,
    references: mail.thread_references === '' ? [] : mail.thread_references.split(' '),
  };
}
