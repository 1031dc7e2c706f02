/**
 * What Postmark's answer means for the message. Postmark knows no idempotency: only an answer that says so, or a
 * connection that never stood, means that the mail was surely not taken. Error codes:
 * https://postmarkapp.com/developer/api/overview#error-codes
 */
import type { RefusedRecipient, SendOutcome } from '@tinyfat/core';
import { fieldOf, numberField, providerIdFrom, providerReason, textField } from './provider-answer.ts';

/** How one request went. */
export interface PostmarkExchange {
  /** The body of a successful answer; else null. */
  answer: unknown;
  /** What went wrong: `statusCode` (absent without an answer), `code` (Postmark's), `message`. */
  error: unknown;
  /** What fetch threw. */
  failure: unknown;
  retryAfterMs: number | undefined;
}

/** Not about this mail: no credits (405), waiting for approval (412), not approved (413). */
const accountCodes = [405, 412, 413];
/** Sender signature not found, not confirmed. */
const senderCodes = [400, 401];
/** A token that is none, an IP address that is not on the account's list. */
const tokenCodes = [10, 1480];
const INACTIVE_RECIPIENT = 406;
/** Failures of a connection before anything was sent on it. */
const unconnected = [
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
];

/** Reads one exchange; `serverToken` is kept out of every reason. */
export function postmarkOutcome(
  exchange: PostmarkExchange,
  recipients: readonly string[],
  serverToken: string,
): SendOutcome {
  const { answer, error, failure, retryAfterMs } = exchange;
  const say = (statement: string, message: string) => providerReason(statement, message, serverToken);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  const id = textField(answer, 'MessageID');
  if (id !== '' && numberField(answer, 'ErrorCode') === 0) {
    const told = textField(answer, 'Message');
    return { state: 'sent', providerId: providerIdFrom(id), recipientsRefused: inactive(told, recipients) };
  }
  if (error === null) return { state: 'unknown', reason: say('Postmark gave no clear answer', '') };
  const message = textField(error, 'message');
  const status = numberField(error, 'statusCode');
  const code = numberField(error, 'code');
  if (status === 0) {
    const reason = say('Postmark gave no answer', failureText(failure) || message);
    return { state: isUnconnected(failure) ? 'temporary' : 'unknown', reason };
  }
  const reason = say(`Postmark answered ${status} (ErrorCode ${code})`, message);
  if (code === INACTIVE_RECIPIENT) return inactiveRecipients(message, reason, recipients);
  if (accountCodes.includes(code)) return { state: 'temporary', reason, parked: true, ...wait };
  if (senderCodes.includes(code)) return { state: 'permanent', reason, code: 'provider_sender_refused' };
  if (tokenCodes.includes(code) || status === 401) {
    return { state: 'permanent', reason, code: 'provider_unauthorized' };
  }
  // 503 is what it and everything before it answer instead of looking at the request.
  if ([408, 429, 503].includes(status)) return { state: 'temporary', reason, ...wait };
  if (status >= 400 && status < 500) return { state: 'permanent', reason };
  return { state: 'unknown', reason };
}

/**
 * Postmark takes no mail to an address that bounced, complained or was suppressed by hand. It says that all are
 * inactive, or that the mail goes to the others, or names only some: then nobody knows about the others.
 */
function inactiveRecipients(message: string, reason: string, recipients: readonly string[]): SendOutcome {
  const recipientsRefused = inactive(message, recipients);
  if (message.startsWith('Message OK')) return { state: 'sent', providerId: null, recipientsRefused };
  const some = recipientsRefused.length > 0 && recipientsRefused.length < recipients.length;
  return some ? { state: 'unknown', reason } : { state: 'permanent', reason, recipientsRefused };
}

/** The recipients that a message about inactive addresses names, in words that suppress them. */
function inactive(message: string, recipients: readonly string[]): RefusedRecipient[] {
  if (!/inactive/i.test(message)) return [];
  const named = message
    .slice(0, 10_000)
    .toLowerCase()
    .split(/[\s,;]+/)
    .map((word) => word.replace(/\.$/, ''));
  const reason =
    '550 5.2.1 Postmark holds this address inactive: it bounced, complained or was suppressed there.';
  return recipients
    .filter((address) => named.includes(address.toLowerCase()))
    .map((address) => ({ address, reason }));
}

/** fetch hides the reason in the cause; a host with several addresses has one for each. */
function isUnconnected(failure: unknown): boolean {
  const cause = fieldOf(failure, 'cause');
  const several = fieldOf(cause, 'errors');
  const causes = Array.isArray(several) && several.length > 0 ? several : [cause];
  return causes.every((one) => unconnected.includes(textField(one, 'code')));
}

function failureText(failure: unknown): string {
  return [textField(failure, 'message'), textField(fieldOf(failure, 'cause'), 'message')]
    .filter((text) => text !== '')
    .join(', ');
}
