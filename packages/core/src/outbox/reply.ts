/**
 * Where an outbox mail goes and how it hangs in the thread. Answers go to the authenticated sender: Reply-To and
 * display names of the incoming mail are never followed (DESIGN invariant 7), and the people on it only where
 * `replyCopies` knows every one of them.
 */
import {
  type ParentHeaders,
  type ReplyHeaders,
  replyHeaders,
  trimReferences,
} from '../threading/reply-headers.ts';
import { cleanSubject, replySubject, stripReplyPrefixes } from '../threading/subject.ts';
import { isHeaderSafe, type Mailbox } from './mailbox.ts';
import type { OutboxMail } from './schema.ts';

/** The mail that a run answers. */
export interface IncomingMail extends ParentHeaders {
  /** Canonical address of the authenticated sender, tag included. */
  sender: string;
  /** Display name as it came. */
  senderName: string;
  subject: string;
  /** Canonical addresses of the other people on To and Cc, none of them an agent. */
  others: readonly string[];
}

/** Recipients, subject and threading of an outgoing mail. */
interface AddressedMail extends ReplyHeaders {
  to: Mailbox[];
  cc: Mailbox[];
  subject: string;
  /** It answers the incoming mail (`Auto-Submitted: auto-replied`); else it is a mail of its own. */
  answers: boolean;
}

/** What an answer to the sender alone is addressed to. */
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
 * Fills in what the agent left out. A mail to the sender answers the incoming one, unless it names another mail in
 * `in_reply_to`, or has a `to` and a subject of its own. Anything else stands in a thread of its own: our References
 * would show others a conversation that they are not part of.
 *
 * @param copies - Cc of an answer in the thread for which the agent gave neither `to` nor `cc`
 */
export function addressOutboxMail(
  mail: OutboxMail,
  incoming: IncomingMail,
  copies: readonly Mailbox[] = [],
): AddressedMail {
  const answer = replyTo(incoming);
  const to = mail.to ?? answer.to;
  const cc = (mail.cc ?? []).filter(({ address }) => !to.some((other) => other.address === address));
  const withSender = [...to, ...cc].some(({ address }) => address === incoming.sender);
  const otherParent = mail.inReplyTo !== null && mail.inReplyTo !== answer.inReplyTo;
  const named = mail.inReplyTo !== null && !otherParent;
  const meant = mail.to === null || named || sameSubject(mail.subject, incoming.subject);
  if (withSender && meant && !otherParent) {
    const plain = mail.to === null && mail.cc === null;
    return { ...answer, to, cc: plain ? [...copies] : cc, subject: mail.subject ?? answer.subject };
  }
  const subject = mail.subject ?? (withSender ? answer.subject : cleanSubject(incoming.subject));
  const ancestors = [...(mail.references ?? []), ...(mail.inReplyTo === null ? [] : [mail.inReplyTo])];
  return {
    to,
    cc,
    subject: subject === '' ? '(no subject)' : subject,
    inReplyTo: mail.inReplyTo,
    references: trimReferences(ancestors),
    answers: withSender && otherParent,
  };
}

function sameSubject(own: string | null, incoming: string): boolean {
  if (own === null) return true;
  const bare = (text: string) => stripReplyPrefixes(text).text.trim().toLowerCase();
  return bare(own) === bare(incoming);
}

function safeName(name: string): string {
  const trimmed = name.trim();
  return isHeaderSafe(trimmed) && trimmed.length <= 200 ? trimmed : '';
}
