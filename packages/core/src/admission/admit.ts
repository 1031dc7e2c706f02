/**
 * The door: one verdict for one message and one agent. Order matters. Automatic mail comes first, so that a
 * bounce is taken (and never bounced itself) however it is signed. Then identity, then permission: nobody who
 * has not proven who he is learns anything about the allow-list.
 */
import { type AllowEntry, matchAllowList } from './allow-list.ts';
import { authenticate } from './authenticate.ts';
import { type CanonicalAddress, canonicalAddress } from './canonical-address.ts';
import type { Inspection, MailSummary } from './evidence.ts';
import { isReservedName } from './recipient.ts';
import {
  type QuietCode,
  type RefusalCode,
  type SmtpReply,
  smtpReply,
  type TemporaryCode,
} from './smtp-reply.ts';

/** What is judged. All facts; nothing is looked up. */
export interface AdmissionRequest {
  inspection: Inspection;
  /** MAIL FROM; empty for the null reverse-path, null where the way in has no envelope. */
  envelopeSender: string | null;
  agent: { name: string; address: string };
  allowList: readonly AllowEntry[];
  /** Whether a canonical address without tag belongs to one of our agents. */
  isOwnAddress: (base: string) => boolean;
}

/** `reason` is a sentence for the owner; `smtp` is the answer for the client. */
export type Verdict =
  | {
      verdict: 'accepted';
      code: 'accepted';
      reason: string;
      smtp: SmtpReply;
      sender: CanonicalAddress;
      /** Display name, as untrusted as it came. */
      senderName: string;
      /** How the sender was authenticated, a sentence for the agent. */
      authentication: string;
      /** The entry that let the sender in. */
      entry: AllowEntry;
    }
  | { verdict: 'refused'; code: RefusalCode; reason: string; smtp: SmtpReply }
  | { verdict: 'automatic'; code: QuietCode; reason: string; smtp: SmtpReply }
  | { verdict: 'temporary'; code: TemporaryCode; reason: string; smtp: SmtpReply };

/** The one mailbox of the From header in its one form, or why there is none. */
export type FromSender =
  | { ok: true; sender: CanonicalAddress; name: string }
  | { ok: false; code: 'from_missing' | 'from_several' | 'from_invalid'; reason: string };

/** Judges one message for one agent. Pure: the same request always gives the same verdict. */
export function admit(request: AdmissionRequest): Verdict {
  const { inspection } = request;
  if (!inspection.ok) return cannotRead(inspection.code, inspection.reason);
  const { summary, evidence } = inspection;
  const signs = automaticSigns(summary, request.envelopeSender);
  if (signs.length > 0) {
    return quiet(
      'automatic_mail',
      `Automatic mail (${signs.join(', ')}); the agent was not woken and nothing was answered.`,
    );
  }
  const from = fromSender(summary);
  if (!from.ok) return refuse(from.code, from.reason);
  const { sender } = from;
  const authentication = authenticate(evidence, sender.domain);
  if (authentication.state === 'temporary') return retry('dns_trouble', authentication.reason);
  if (authentication.state === 'refused') return refuse(authentication.code, authentication.reason);
  if (isOurs(sender, request)) {
    return quiet(
      'own_address',
      `${sender.address} is an address of this system; agents don't wake each other.`,
    );
  }
  const entry = matchAllowList(request.allowList, sender);
  if (entry === null) {
    return refuse('not_allowed', `${sender.address} is not on the list of ${request.agent.name}.`);
  }
  return {
    verdict: 'accepted',
    code: 'accepted',
    reason: `${sender.address} is allowed by ${entry.text}.`,
    smtp: smtpReply('accepted'),
    sender,
    senderName: from.name,
    authentication: authentication.how,
    entry,
  };
}

/** RFC 5322 section 3.6 wants exactly one From; who signs for one of several mailboxes is nobody's identity. */
export function fromSender(summary: MailSummary): FromSender {
  if (summary.fromHeaders === 0 || (summary.fromHeaders === 1 && summary.from.length === 0)) {
    return { ok: false, code: 'from_missing', reason: 'The mail has no From address.' };
  }
  const [mailbox, ...others] = summary.from;
  if (summary.fromHeaders > 1 || others.length > 0 || mailbox === undefined) {
    return {
      ok: false,
      code: 'from_several',
      reason: 'The mail has more than one From header or From address.',
    };
  }
  const sender = canonicalAddress(mailbox.address);
  if (!sender.ok) {
    return { ok: false, code: 'from_invalid', reason: `The From address can't be used: ${sender.reason}` };
  }
  return { ok: true, sender, name: mailbox.name };
}

/** Signs may hold words of the mail: few, short and plain ASCII ones go into a sentence for a terminal. */
function automaticSigns(summary: MailSummary, envelopeSender: string | null): string[] {
  const signs = summary.automatic.slice(0, 5).map((sign) => sign.replace(/[^ -~]/g, '?').slice(0, 60));
  return envelopeSender === '' || envelopeSender === '<>' ? [...signs, 'null envelope sender'] : signs;
}

function isOurs(sender: CanonicalAddress, request: AdmissionRequest): boolean {
  const own = canonicalAddress(request.agent.address);
  if (own.ok && own.base === sender.base) return true;
  const local = sender.base.slice(0, sender.base.lastIndexOf('@'));
  if (own.ok && own.domain === sender.domain && isReservedName(local)) return true;
  return request.isOwnAddress(sender.base);
}

function cannotRead(code: 'too_large' | 'too_complex' | 'unreadable' | 'deadline', reason: string): Verdict {
  return code === 'deadline' ? retry('reading_deadline', reason) : refuse(code, reason);
}

function refuse(code: RefusalCode, reason: string): Verdict {
  return { verdict: 'refused', code, reason, smtp: smtpReply(code) };
}
function quiet(code: QuietCode, reason: string): Verdict {
  return { verdict: 'automatic', code, reason, smtp: smtpReply(code) };
}
function retry(code: TemporaryCode, reason: string): Verdict {
  return { verdict: 'temporary', code, reason, smtp: smtpReply(code) };
}
