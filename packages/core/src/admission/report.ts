/**
 * Reports on sent mail: delivery status notifications (RFC 3464, RFC 6533) and abuse reports (ARF, RFC 5965). Anybody can
 * write one, so a report counts only for a delivery whose Message-ID it names and whose recipient it lists.
 */

/** RFC 3464 section 2.3.3. */
export type ReportAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

export interface ReportedRecipient {
  /**
   * Candidates for the address that was sent to, the most reliable first and at least one: what the sender
   * asked for, then what it became on the way. Canonical; where none is, the one given, as printable ASCII.
   */
  addresses: string[];
  action: ReportAction;
  /** RFC 3463, for example `5.1.1`; null where not said. */
  status: string | null;
  /** What the refusing server said: one line of printable ASCII, at most 300 characters, may be empty. */
  diagnostic: string;
  /** Whether the address takes no mail, where the provider knows; else status and diagnostic decide. */
  dead?: boolean;
}

/** `messageIds` are candidates of the original's Message-ID with angle brackets, most reliable first, at most 20. */
export type MailReport =
  | { kind: 'delivery'; recipients: ReportedRecipient[]; messageIds: string[] }
  | {
      kind: 'feedback';
      /** RFC 5965 section 7.3, lower case, for example `abuse`; `other` where not said. */
      feedbackType: string;
      /** Original-Mail-From, canonical where it can be; null where not said. */
      mailFrom: string | null;
      /** Who gave the feedback (Original-Rcpt-To), canonical where they can be; empty where not said. */
      recipients: string[];
      messageIds: string[];
    };

type Meaning = 'dead' | readonly string[];

/** What servers say in English about an address or a domain that is not there. */
const noSuchDomain = ['host not found', 'domain not found', 'domain name not found', 'domain does not exist'];
const noSuchAddress = [
  ...['user unknown', 'unknown user', 'no such user', 'user not found', 'unknown or invalid user'],
  ...['recipient unknown', 'unknown recipient', 'no such recipient', 'recipient not found'],
  ...['invalid recipient', 'invalid mailbox', 'mailbox not found', 'no such mailbox', 'no mailbox here'],
  ...['mailbox unavailable', 'mailbox disabled', 'account disabled', 'account is disabled'],
  ...['address unknown', 'unknown address', 'no such address', 'account not found', 'unknown account'],
  ...['does not exist', 'doesn t exist', 'unrouteable address', 'unroutable address'],
  ...noSuchDomain,
];

/** Words of a refusal that is about the sender, the content or the moment. */
const otherGrounds = [
  ...['sender', 'policy', 'reputation', 'spam', 'virus', 'spf', 'dkim', 'dmarc', 'blocked', 'banned'],
  ...['blacklist', 'blacklisted', 'blocklist', 'blocklisted', 'relay', 'relaying', 'greylisted'],
  ...['quota', 'full', 'too large', 'too big', 'too many', 'loop', 'expired', 'timed out'],
];

/**
 * Codes (RFC 3463 and its registry, RFC 5248) with which an address may be dead: `dead` where the code says
 * so, else the wordings that must come with it. A code that is missing here is about something else: a full
 * mailbox (5.2.2), size (5.2.3, 5.3.4), loops (5.4.6), time that ran out (x.4.7), policy and spam (5.7.x).
 */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['5.1.1', 'dead'], // no such mailbox
  ['5.1.2', 'dead'], // no such domain
  ['5.1.3', 'dead'], // not an address
  ['5.1.4', 'dead'], // several mailboxes match, and none is taken
  ['5.1.6', 'dead'], // moved, no forwarding address
  ['5.1.10', 'dead'], // the domain takes no mail (null MX, RFC 7505); Exchange: no such mailbox
  ['5.2.1', 'dead'], // mailbox disabled
  ['5.0.0', noSuchAddress], // the codes that end in .0 mean "something else about …"
  ['5.1.0', noSuchAddress],
  ['5.2.0', noSuchAddress],
  ['5.3.0', noSuchAddress],
  ['5.5.0', noSuchAddress], // Outlook.com for mailboxes that are not there
  ['5.4.1', ['recipient address rejected']], // Exchange Online for mailboxes that are not there
  ['5.4.4', noSuchDomain], // no route, which Postfix also says of domains that are not there
  ['5.4.310', noSuchDomain], // Exchange Online for the same
]);

/** Characters of a diagnostic that are read. */
const MAX_DIAGNOSTIC = 1000;

/**
 * Whether a failed recipient is a hard bounce: the address takes no mail. Doubt means no, since one more mail in vain costs
 * less than a person who gets none any more. The refusing server's own code counts beside the reported one, because some
 * senders report 5.1.1 for every bare 550.
 */
export function isHardBounce(status: string | null, diagnostic: string): boolean {
  const said = diagnostic.slice(0, MAX_DIAGNOSTIC);
  const reported = meaningOf(status ?? '');
  const quoted = meaningOf(said);
  if (reported === 'other' || quoted === 'other' || replyClass(said) === '4') return false;
  if (quoted === 'dead') return true;
  const words = wordsOf(said);
  if (otherGrounds.some((ground) => words.includes(` ${ground} `))) return false;
  if (reported === 'dead') return true;
  return (quoted ?? reported ?? noSuchAddress).some((wording) => words.includes(` ${wording} `));
}

/** Whether the feedback is a complaint (RFC 5965): `not-spam`, `auth-failure` (RFC 6591) and `other` are none. */
export function isComplaint(feedbackType: string): boolean {
  return ['abuse', 'fraud', 'virus', 'opt-out'].includes(feedbackType.toLowerCase());
}

/** The first enhanced status code (RFC 3463) in a text, for example `5.1.1`; IP addresses and versions are none. */
export function enhancedStatus(text: string): string | null {
  const code = /(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?!\.?\d)/.exec(text);
  return code === null ? null : `${code[1]}.${code[2]}.${Number(code[3])}`;
}

/** Null where the text holds no code. */
function meaningOf(text: string): Meaning | 'other' | null {
  const code = enhancedStatus(text);
  return code === null ? null : (meanings.get(code) ?? 'other');
}

/** The first digit of the first SMTP reply code (RFC 5321 section 4.2.1) that refuses: `4` or `5`; null without one. */
export function replyClass(text: string): string | null {
  return /(?<![\d.])([45])\d\d(?=[ -]|$)/.exec(text)?.[1] ?? null;
}

/** Lower-case words, each with a blank at both ends; addresses and host names are left out, they mean nothing. */
function wordsOf(text: string): string {
  const words = text.toLowerCase().split(/\s+/);
  const plain = words.filter((word) => !/@|[a-z0-9]\.[a-z0-9]/.test(word)).join(' ');
  return ` ${plain.replace(/[^a-z0-9]+/g, ' ')} `;
}
