/**
 * What a failed SMTP session means for the message. nodemailer gives `responseCode` when the server
 * replied, `command` for the step that it replied to (`CONN` when the connection itself broke) and `code`
 * for the kind of trouble.
 */
import type { RefusedRecipient, SendOutcome } from '@tinyfat/core';
import { fieldOf, numberField, textField } from '../../providers/provider-answer.ts';
import { faultWords, relayFault } from './relay-fault.ts';

/** What a session knew when it failed. */
interface SmtpFailure {
  error: unknown;
  /** The server said 354 and bytes of the message were given to the connection. */
  dataStarted: boolean;
}

const MAX_REASON_LENGTH = 500;
/** Replies that say "set this up differently" and not "I don't want this message". */
const setupReplies = [503, 530, 534, 535, 538];
const messageCommands = ['MAIL FROM', 'RCPT TO', 'DATA'];

/** Maps a failure of one send; never `sent`. A temporary one that is the relay's and not the message's has a code. */
export function smtpFailureOutcome(failure: SmtpFailure): Exclude<SendOutcome, { state: 'sent' }> {
  const outcome = outcomeOf(failure);
  const code = outcome.state === 'temporary' ? relayFault(failure.error) : null;
  return outcome.state !== 'temporary' || code === null ? outcome : { ...outcome, code };
}

function outcomeOf({ error, dataStarted }: SmtpFailure): Exclude<SendOutcome, { state: 'sent' }> {
  const reason = messageOf(error);
  const errors = recipientErrors(error);
  if (errors.length > 0) {
    // Nobody was accepted. One recipient that may be accepted later keeps the message alive.
    const permanent = errors.every((refused) => isPermanent(numberField(refused, 'responseCode')));
    if (!permanent) return { state: 'temporary', reason };
    return { state: 'permanent', reason, recipientsRefused: errors.map(refusedRecipient) };
  }
  const reply = numberField(error, 'responseCode');
  if (reply >= 400 && reply < 500) return { state: 'temporary', reason };
  if (reply >= 500 && reply < 600) {
    const aboutMessage =
      messageCommands.includes(textField(error, 'command')) && !setupReplies.includes(reply);
    return aboutMessage ? { state: 'permanent', reason } : { state: 'temporary', reason };
  }
  if (dataStarted) return { state: 'unknown', reason };
  // Refused before a connection was used, because the server's limit or the envelope cannot be met.
  const code = textField(error, 'code');
  if (code === 'EENVELOPE' || code === 'EMESSAGE') return { state: 'permanent', reason };
  return { state: 'temporary', reason };
}

/** nodemailer's error about one recipient, with the server's reply to its RCPT TO. */
export function refusedRecipient(error: unknown): RefusedRecipient {
  const reply = textField(error, 'response') || messageOf(error);
  return { address: textField(error, 'recipient'), reason: reply.slice(0, MAX_REASON_LENGTH) };
}

/** One error for each recipient when all of them were refused. */
function recipientErrors(error: unknown): unknown[] {
  const errors = fieldOf(error, 'rejectedErrors');
  return Array.isArray(errors) ? errors : [];
}

function isPermanent(reply: number): boolean {
  return reply >= 500 && reply < 600 && !setupReplies.includes(reply);
}

function messageOf(error: unknown): string {
  return faultWords(error).slice(0, MAX_REASON_LENGTH);
}
