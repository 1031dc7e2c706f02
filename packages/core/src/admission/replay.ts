/**
 * DKIM replay: a signature proves the author of a mail, not its sender, so anybody who has a signed mail can send copies of
 * it to anybody. A mail that only a signature proves must be fresh, and its signed fields must name the agent. A mail is no
 * copy where the author's own server sends it in the author's name (SPF, for the same person in MAIL FROM and From), or a
 * client that the operator trusts.
 */
import { canonicalAddress } from './canonical-address.ts';
import type { AuthenticationEvidence, DkimEvidence, HeaderAddress, MailSummary } from './evidence.ts';

/** `stale` is refused; `not_addressed` may be an honest Bcc or a forward, and waits for the owner. */
export type ReplayCode = 'stale' | 'not_addressed';

/** The facts of a mail whose sender was authenticated. */
export interface ReplayQuestion {
  evidence: AuthenticationEvidence;
  summary: MailSummary;
  /** Canonical address of the author without a tag. */
  senderBase: string;
  /** MAIL FROM; null where the way in has no envelope. */
  envelopeSender: string | null;
  /** The agent's canonical address without a tag. */
  agentBase: string;
  /** The mail came to a secret address of the agent, which is an address that only the right people know. */
  viaSecretAddress: boolean;
  /** Epoch ms. */
  now: number;
}

/** `fingerprint` is that of the signature that proves the mail; null where none does or it is not known. */
type ReplayVerdict =
  | { ok: true; fingerprint: string | null }
  | { ok: false; code: 'stale'; reason: string }
  | { ok: false; code: 'not_addressed'; reason: string };

const DAY_MS = 86_400_000;
/** A server gives up after four to five days (RFC 5321 section 4.5.4.1); a signature may be two days older, in ms. */
export const REPLAY_WINDOW_MS = 7 * DAY_MS;
/** How far ahead of ours the clock of a signer may be, in ms. */
export const REPLAY_CLOCK_SKEW_MS = DAY_MS;

type Staleness = 'old' | 'ahead' | 'timeless';

/** Judges one mail. Pure; sentences are plain ASCII. */
export function judgeReplay(question: ReplayQuestion): ReplayVerdict {
  const { evidence } = question;
  if (evidence.source === 'trusted_client') return { ok: true, fingerprint: null };
  const proving = evidence.dkim.filter(proves);
  if (isBroughtBySender(question, proving)) return taken(proving[0]);
  if (evidence.source === 'asserted') return judgeAsserted(question, proving);
  // Nothing is signed, so there is nothing to copy: the address itself stands for the sender.
  if (proving.length === 0 && question.viaSecretAddress) return taken(undefined);
  return judgeSigned(question, proving);
}

/**
 * A provider's server sends for all mailboxes there, and forwards mail in the name of the mailbox that received it. So where
 * there is a signature, which could be a copy's, MAIL FROM must be the author's; without one SPF is the only proof.
 */
function isBroughtBySender(
  { evidence, senderBase, envelopeSender }: ReplayQuestion,
  proving: DkimEvidence[],
): boolean {
  if (evidence.spf?.result !== 'pass' || !evidence.spf.aligned) return false;
  const envelope = envelopeSender === null ? null : canonicalAddress(envelopeSender);
  return proving.length === 0 || (envelope?.ok === true && envelope.base === senderBase);
}

/** One signature that is fresh and covers an address of the agent is enough. */
function judgeSigned(question: ReplayQuestion, proving: DkimEvidence[]): ReplayVerdict {
  const { now, summary } = question;
  const fresh: DkimEvidence[] = [];
  let staleness: Staleness = 'timeless';
  for (const signature of proving) {
    const state = freshness(signingTime(signature, summary), now);
    if (state === 'fresh') fresh.push(signature);
    else if (state !== 'timeless') staleness = state;
  }
  if (fresh.length === 0) return stale(staleness);
  const addressed = question.viaSecretAddress
    ? fresh[0]
    : fresh.find((one) => namesAgent(question, one.signedHeaders));
  return addressed === undefined ? notAddressed(question.agentBase) : taken(addressed);
}

/** The asserting server does not say which fields were signed, so the header counts as it stands. */
function judgeAsserted(question: ReplayQuestion, proving: DkimEvidence[]): ReplayVerdict {
  const { now, summary } = question;
  if (question.viaSecretAddress && !isProven(question.evidence)) return taken(undefined);
  const state = freshness(summary.fieldCounts.date === 1 ? summary.date : null, now);
  if (state !== 'fresh') return stale(state);
  if (!question.viaSecretAddress && !namesAgent(question, null)) return notAddressed(question.agentBase);
  return taken(proving[0]);
}

function isProven(evidence: AuthenticationEvidence): boolean {
  return evidence.dmarc?.result === 'pass' || evidence.dkim.some(proves);
}

function proves(signature: DkimEvidence): boolean {
  return signature.result === 'pass' && signature.aligned && !signature.bodyLengthLimited;
}

/** The signature's own time, else the Date that it covers; null where neither is known. */
function signingTime(signature: DkimEvidence, summary: MailSummary): number | null {
  if (signature.signedAt !== null) return signature.signedAt;
  const { date } = summary.fieldCounts;
  return date === 1 && covers(signature.signedHeaders, 'date', date) ? summary.date : null;
}

function freshness(time: number | null, now: number): Staleness | 'fresh' {
  if (time === null) return 'timeless';
  if (now - time > REPLAY_WINDOW_MS) return 'old';
  return time - now > REPLAY_CLOCK_SKEW_MS ? 'ahead' : 'fresh';
}

/**
 * Whether To or Cc names the agent in fields that are signed throughout; where it is not known what is signed (null),
 * in a field that stands only once, because a second one may have been put on top.
 */
function namesAgent({ summary, agentBase }: ReplayQuestion, signedHeaders: string[] | null): boolean {
  return (['to', 'cc'] as const).some((name) => {
    const count = summary.fieldCounts[name];
    const reliable = signedHeaders === null ? count === 1 : covers(signedHeaders, name, count);
    return reliable && isAmong(summary[name], agentBase);
  });
}

/** A signature covers the last fields of a name; with fewer than there are, the first ones may be anybody's. */
function covers(signedHeaders: string[], name: string, count: number): boolean {
  return count > 0 && signedHeaders.filter((signed) => signed === name).length >= count;
}

function isAmong(addresses: HeaderAddress[], base: string): boolean {
  return addresses.some(({ address }) => {
    const canonical = canonicalAddress(address);
    return canonical.ok && canonical.base === base;
  });
}

function taken(signature: DkimEvidence | undefined): ReplayVerdict {
  return { ok: true, fingerprint: signature?.fingerprint || null };
}

const DAYS = REPLAY_WINDOW_MS / DAY_MS;
const staleReasons: Record<Staleness, string> = {
  old: `By its signature or Date the mail is more than ${DAYS} days old, and no server of its sender brings it: it may be a copy.`,
  ahead:
    'By its signature or Date the mail is from more than a day ahead, and no server of its sender brings it.',
  timeless: 'Nothing that can be relied on says when the mail was signed, so it may be a copy of any age.',
};

function stale(state: Staleness): ReplayVerdict {
  return { ok: false, code: 'stale', reason: staleReasons[state] };
}

function notAddressed(agentBase: string): ReplayVerdict {
  return {
    ok: false,
    code: 'not_addressed',
    reason: `No To or Cc that can be relied on names ${agentBase}, and no server of its sender brings the mail: it may be a copy of one to somebody else.`,
  };
}
