/**
 * Admission: one verdict for one message and one agent. Order matters. Automatic mail comes first, so that a bounce is
 * accepted (and never bounced itself) however it is signed. Then identity, then permission: an unauthenticated sender
 * learns nothing about the allow-list. Last the signs that people's mail carries too, by which a listed sender's mail is
 * quarantined, not dropped.
 */
import { printableAscii } from '../text/log-text.ts';
import { type AllowEntry, matchAllowList } from './allow-list.ts';
import { authenticate, provesNothing } from './authenticate.ts';
import { type CanonicalAddress, canonicalAddress } from './canonical-address.ts';
import type { AuthenticationEvidence, FromField, Inspection, MailSummary } from './evidence.ts';
import { isReservedName } from './recipient.ts';
import { judgeReplay } from './replay.ts';
import {
  type AcceptedCode,
  type QuietCode,
  type RefusalCode,
  type SmtpReply,
  smtpReply,
  type TemporaryCode,
  type WaitingCode,
} from './smtp-reply.ts';

/** The facts of one message for one agent. */
export interface AdmissionRequest {
  inspection: Inspection;
  /** MAIL FROM; empty for the null reverse-path, null where the way in has no envelope. */
  envelopeSender: string | null;
  agent: { name: string; address: string };
  /** The recipient is one of the agent's secret addresses. */
  viaSecretAddress: boolean;
  /** Epoch ms. */
  now: number;
  allowList: readonly AllowEntry[];
  /** Whether a canonical address without tag belongs to one of our agents. */
  isOwnAddress: (base: string) => boolean;
}

/** An accepted or quarantined sender. */
export interface Admitted {
  sender: CanonicalAddress;
  /** Display name, untrusted. */
  senderName: string;
  /** How the sender was authenticated, a sentence for the agent. */
  authentication: string;
  /** The entry that allows the sender. */
  entry: AllowEntry;
  /** Fingerprint of the signature that proved the sender; null where none did. */
  fingerprint: string | null;
}

/** A mail of a listed sender that waits for the owner to release it. */
interface Quarantined extends Admitted {
  /** Nothing proves the sender but the secret address that the mail came to. */
  bySecretAddress: boolean;
}

/** `reason` is a sentence for the owner; `smtp` is the answer for the client. */
export type Verdict =
  | ({ verdict: 'accepted'; code: AcceptedCode; reason: string; smtp: SmtpReply } & Admitted)
  | ({ verdict: 'quarantined'; code: WaitingCode; reason: string; smtp: SmtpReply } & Quarantined)
  | { verdict: 'refused'; code: RefusalCode; reason: string; smtp: SmtpReply }
  | { verdict: 'automatic'; code: QuietCode; reason: string; smtp: SmtpReply }
  | { verdict: 'temporary'; code: TemporaryCode; reason: string; smtp: SmtpReply };

/** The one mailbox of the From header in canonical form, or why there is none. */
type FromSender = { ok: true; sender: CanonicalAddress; name: string } | Extract<FromField, { ok: false }>;

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
  const proven = proveSender(request, evidence, sender);
  if (!proven.ok) return proven.verdict;
  const replay = judgeReplay({
    evidence,
    summary,
    senderBase: sender.base,
    envelopeSender: request.envelopeSender,
    agentBase: ownBase(request.agent.address),
    viaSecretAddress: request.viaSecretAddress,
    now: request.now,
  });
  if (!replay.ok && replay.code === 'stale') return refuse(replay.code, replay.reason);
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
  const admitted = {
    sender,
    senderName: from.name,
    authentication: proven.how,
    entry,
    fingerprint: replay.ok ? replay.fingerprint : null,
  };
  const bySecretAddress = proven.code === 'accepted_by_secret_address';
  if (!replay.ok) return quarantine(replay.code, replay.reason, { ...admitted, bySecretAddress });
  if (summary.perhapsAutomatic.length > 0) {
    const found = shown(summary.perhapsAutomatic).join(', ');
    return quarantine(
      'perhaps_automatic',
      `${sender.address} is allowed by ${entry.text}, but a machine may have written the mail (${found}). People's mail can carry that too, so it waits for the owner.`,
      { ...admitted, bySecretAddress },
    );
  }
  return {
    verdict: 'accepted',
    code: proven.code,
    reason: `${sender.address} is allowed by ${entry.text}.`,
    smtp: smtpReply(proven.code),
    ...admitted,
  };
}

type Proven = { ok: true; code: AcceptedCode; how: string } | { ok: false; verdict: Verdict };

/** A secret address counts only where the domain of the sender publishes nothing that could be checked. */
function proveSender(
  request: AdmissionRequest,
  evidence: AuthenticationEvidence,
  sender: CanonicalAddress,
): Proven {
  const authentication = authenticate(evidence, sender.domain);
  if (authentication.state === 'authenticated')
    return { ok: true, code: 'accepted', how: authentication.how };
  if (authentication.state === 'temporary') {
    return { ok: false, verdict: retry('dns_trouble', authentication.reason) };
  }
  if (request.viaSecretAddress && provesNothing(evidence, sender.domain)) {
    return {
      ok: true,
      code: 'accepted_by_secret_address',
      how: 'The mail came to a secret address of the agent; nothing else proves who sent it.',
    };
  }
  return { ok: false, verdict: refuse(authentication.code, authentication.reason) };
}

function ownBase(address: string): string {
  const own = canonicalAddress(address);
  return own.ok ? own.base : address;
}

/** The author in canonical form; an address without one identifies nobody. */
export function fromSender({ from }: MailSummary): FromSender {
  if (!from.ok) return from;
  const sender = canonicalAddress(from.address);
  if (!sender.ok) {
    return { ok: false, code: 'from_invalid', reason: `The From address can't be used: ${sender.reason}` };
  }
  return { ok: true, sender, name: from.name };
}

function automaticSigns(summary: MailSummary, envelopeSender: string | null): string[] {
  const signs = shown(summary.automatic);
  return envelopeSender === '' || envelopeSender === '<>' ? [...signs, 'null envelope sender'] : signs;
}

/** Signs may hold words of the mail, and the sentence goes to a terminal: few, short, plain ASCII. */
function shown(signs: readonly string[]): string[] {
  return signs.slice(0, 5).map((sign) => printableAscii(sign, 60));
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
function quarantine(code: WaitingCode, reason: string, admitted: Quarantined): Verdict {
  return { verdict: 'quarantined', code, reason, smtp: smtpReply(code), ...admitted };
}
function quiet(code: QuietCode, reason: string): Verdict {
  return { verdict: 'automatic', code, reason, smtp: smtpReply(code) };
}
function retry(code: TemporaryCode, reason: string): Verdict {
  return { verdict: 'temporary', code, reason, smtp: smtpReply(code) };
}
