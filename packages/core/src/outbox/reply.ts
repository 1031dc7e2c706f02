/**
 * Where an outbox mail goes and how it hangs in the thread. Answers go to the authenticated sender: Reply-To,
 * display names and Cc of the incoming mail are never followed (DESIGN invariant 7).
 */
import {
  type ParentHeaders,
  type ReplyHeaders,
  replyHeaders,
  trimReferences,
} from '../threading/reply-headers.ts';
import { cleanSubject, replySubject } from '../threading/subject.ts';
import { isHeaderSafe, type Mailbox } from './mailbox.ts';
import type { OutboxMail } from './schema.ts';

/** The mail that a run answers. */
export interface IncomingMail extends ParentHeaders {
  /** Canonical address of the authenticated sender, tag included. */
  sender: string;
  /** Display name as it came. */
  senderName: string;
  subject: string;
}

/** Recipients, subject and threading of an outgoing mail. */
export interface AddressedMail extends ReplyHeaders {
  to: Mailbox[];
  cc: Mailbox[];
  subject: string;
  /** It answers the incoming mail (`Auto-Submitted: auto-replied`); else it is a mail of its own. */
  answers: boolean;
}

/** What a plain answer to a mail is addressed to. */
export function replyTo(incoming: IncomingMail): AddressedMail {
  return {
    to: [{ address: incoming.sender, name: safeName(incoming.senderName) }],
    cc: [],
    subject: replySubject(incoming.subject),
    ...replyHeaders(incoming),
    answers: true,
  };
}

/**
 * Fills in what the agent left out. Without `to`, or with the sender among its recipients, a mail answers the
 * incoming one, unless the agent named another mail in `in_reply_to`. A mail to others only starts a thread of
 * its own: our References would show them a conversation that they are not part of.
 */
export function addressOutboxMail(mail: OutboxMail, incoming: IncomingMail): AddressedMail {
  const answer = replyTo(incoming);
  const to = mail.to ?? answer.to;
  const cc = mail.cc.filter(({ address }) => !to.some((other) => other.address === address));
  const withSender = [...to, ...cc].some(({ address }) => address === incoming.sender);
  const otherParent = mail.inReplyTo !== null && mail.inReplyTo !== answer.inReplyTo;
  if (withSender && !otherParent) {
    return { ...answer, to, cc, subject: mail.subject ?? answer.subject };
  }
  const subject = mail.subject ?? (withSender ? answer.subject : cleanSubject(incoming.subject));
  const ancestors = [...(mail.references ?? []), ...(mail.inReplyTo === null ? [] : [mail.inReplyTo])];
  return {
    to,
    cc,
    subject: subject === '' ? '(no subject)' : subject,
    inReplyTo: mail.inReplyTo,
    references: trimReferences(ancestors),
    answers: withSender,
  };
}

function safeName(name: string): string {
  const trimmed = name.trim();
  return isHeaderSafe(trimmed) && trimmed.length <= 200 ? trimmed : '';
}
