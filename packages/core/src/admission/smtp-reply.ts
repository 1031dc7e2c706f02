/**
 * Answers to SMTP clients. A text names what was wrong with this message and how to mend it, and discloses nothing else:
 * authentication is judged before the allow-list, so an unauthenticated sender never learns whether an address is allowed.
 */
import type { AuthenticationCode } from './authenticate.ts';
import type { LimitCode } from './limits.ts';
import { SIZE_LIMITS } from './message-size.ts';
import type { AgentRecipient } from './recipient.ts';
import type { ReplayCode } from './replay.ts';

/** An SMTP answer (RFC 5321 section 4.2, enhanced codes of RFC 3463); `text` is one line of ASCII. */
export interface SmtpReply {
  code: number;
  enhanced: string;
  text: string;
  /** A 4xx that counts like a permanent refusal of its client: the time that it took is used up all the same. */
  countsAsRefusal?: true;
}

type RecipientCode = Extract<AgentRecipient, { ok: false }>['code'];

/** Why a mail was refused for good. */
export type RefusalCode =
  | AuthenticationCode
  | RecipientCode
  | 'from_missing'
  | 'from_several'
  | 'from_invalid'
  | 'not_allowed'
  | Extract<ReplayCode, 'stale'>
  | 'too_large'
  | 'too_complex'
  | 'unreadable';
/** Why a mail should be tried again. */
export type TemporaryCode = 'dns_trouble' | 'reading_deadline' | 'mailbox_full';
/** Why an accepted mail wakes nobody. */
export type QuietCode =
  | 'automatic_mail'
  | 'own_address'
  | 'delivery_report'
  | 'feedback_report'
  | 'duplicate'
  | 'replayed';
/** Why a mail waits for its owner. */
export type WaitingCode = Extract<ReplayCode, 'not_addressed'> | 'perhaps_automatic' | LimitCode;
/** Why a mail became a job. */
export type AcceptedCode = 'accepted' | 'accepted_by_secret_address';
/** Every reason that a verdict can have. */
export type AdmissionCode = AcceptedCode | RefusalCode | TemporaryCode | QuietCode | WaitingCode;

const TAKEN: SmtpReply = { code: 250, enhanced: '2.0.0', text: 'Message accepted' };

/** Everything else is taken. */
const REFUSALS: Record<RefusalCode | TemporaryCode, SmtpReply> = {
  unauthenticated: refusal(
    '5.7.1',
    'The sender could not be authenticated: sign with DKIM and publish DMARC',
  ),
  sender_mismatch: refusal('5.7.1', 'The From domain is not the one that was authenticated'),
  dmarc_failed: refusal(
    '5.7.1',
    'DMARC failed for the From domain: neither DKIM nor SPF passed in alignment with it',
  ),
  dkim_body_limited: refusal(
    '5.7.20',
    'The DKIM signature has a body length limit (l=): sign the whole body',
  ),
  no_policy_no_signature: refusal(
    '5.7.20',
    'The From domain has no DMARC policy and the mail no valid DKIM signature of it: sign with DKIM',
  ),
  from_missing: refusal('5.6.0', 'The message has no From address'),
  from_several: refusal('5.6.0', 'The message must have one From header with one address'),
  from_invalid: refusal('5.1.7', 'The From address is malformed or ambiguous'),
  stale: refusal(
    '5.7.1',
    'The signature is too old, from the future, or says not when it was made: send the mail again',
  ),
  not_allowed: refusal('5.7.1', 'You are not allowed to write to this address: ask its owner to add you'),
  too_large: refusal('5.3.4', `The message is too large: ${SIZE_LIMITS}`, 552),
  too_complex: refusal('5.6.0', 'The message has too many parts or lines to be read safely', 554),
  unreadable: refusal('5.6.0', 'The message could not be read', 554),
  bad_recipient: refusal('5.1.3', 'The recipient address is malformed'),
  not_our_domain: refusal('5.7.1', 'Mail for this domain is not taken here'),
  reserved_recipient: refusal('5.1.1', 'This address takes no mail'),
  unknown_recipient: refusal('5.1.1', 'No such recipient'),
  dns_trouble: refusal('4.4.3', 'The sender could not be checked for DNS trouble, try again later', 451),
  mailbox_full: refusal('4.2.2', 'Too many mails wait for the owner of this address, try again later', 452),
  reading_deadline: {
    ...refusal('4.3.2', 'The message could not be read in time, try again later', 451),
    countsAsRefusal: true,
  },
};

/** The SMTP answer for a reason code. */
export function smtpReply(code: AdmissionCode): SmtpReply {
  const refusals: Partial<Record<AdmissionCode, SmtpReply>> = REFUSALS;
  return refusals[code] ?? TAKEN;
}

function refusal(enhanced: string, text: string, code = 550): SmtpReply {
  return { code, enhanced, text };
}
