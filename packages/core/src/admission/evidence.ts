/** Facts about a message before it is judged: its identity headers and the evidence of sender authentication. */

/** An address as written in a header; not canonical, not trusted. */
export interface HeaderAddress {
  address: string;
  /** Display name, decoded; routes and authorises nothing. */
  name: string;
}

/** The one author in the From header, the address as written; else why there is none, in a sentence without words of the mail. */
export type FromField =
  | ({ ok: true } & HeaderAddress)
  | { ok: false; code: 'from_missing' | 'from_several' | 'from_invalid'; reason: string };

/** The headers that admission and the threading rules read. */
export interface MailSummary {
  from: FromField;
  to: HeaderAddress[];
  cc: HeaderAddress[];
  subject: string;
  /** Date header as epoch ms; null when absent or unreadable. */
  date: number | null;
  /** With angle brackets; null when absent or malformed. */
  messageId: string | null;
  inReplyTo: string | null;
  /** Ids with angle brackets, in order, malformed ones left out. */
  references: string[];
  /** How often the fields that say to whom and when stand in the header: a signature must cover each of them. */
  fieldCounts: { to: number; cc: number; date: number };
  /** Signs that a machine wrote the mail (RFC 3834, RFC 3464, lists), empty for a person's mail. */
  automatic: string[];
  /** Signs that machines' mail carries and people's mail too; empty for most people's mail. */
  perhapsAutomatic: string[];
}

/** RFC 8601 result words. */
export type AuthenticationResult =
  | 'none'
  | 'neutral'
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'policy'
  | 'temperror'
  | 'permerror';

/** One DKIM signature (RFC 6376). */
export interface DkimEvidence {
  /**
   * `policy` also where a signature was not verified, because it could prove nothing about the author; `permerror`
   * where it is malformed.
   */
  result: AuthenticationResult;
  /** d= domain, ASCII lower case; empty where it is no sequence of LDH labels. */
  domain: string;
  selector: string;
  /** The d= domain is aligned (relaxed, RFC 9989) with the From domain. */
  aligned: boolean;
  /** The signature has an `l=` tag: the end of the body is not covered. */
  bodyLengthLimited: boolean;
  /** Signed header fields (h=), lower case; a name stands as often as it was signed. Empty where not known. */
  signedHeaders: string[];
  /** When it was signed (t=), epoch ms; null where not said. */
  signedAt: number | null;
  /** SHA-256 in hex of the signature itself (b=): the same in every copy of the message. Empty where not known. */
  fingerprint: string;
}

export interface AuthenticationEvidence {
  /**
   * `trusted_client`: the connection itself is trusted; `verified`: checked here; `asserted`: a server that the
   * operator named says so in Authentication-Results (RFC 8601); `unverified`: nothing known.
   */
  source: 'trusted_client' | 'verified' | 'asserted' | 'unverified';
  /** The authserv-id of the asserting server, lower case; null for every other source. */
  authserv: string | null;
  /** `aligned`: the domain is aligned (relaxed) with the From domain. */
  spf: { result: AuthenticationResult; domain: string | null; aligned: boolean } | null;
  dkim: DkimEvidence[];
  dmarc: {
    result: AuthenticationResult;
    /** The From domain that was checked, ASCII lower case. */
    domain: string | null;
    /** Published policy; `null` when there is no DMARC record. */
    policy: 'none' | 'quarantine' | 'reject' | null;
  } | null;
}

/** What the inspection of one raw message found. */
export type Inspection =
  | { ok: true; summary: MailSummary; evidence: AuthenticationEvidence }
  | { ok: false; code: 'too_large' | 'too_complex' | 'unreadable' | 'deadline'; reason: string };

/** The client that brought a message. */
export interface ClientConnection {
  /** IP address in text form; the name of the provider where one hands the mail on. */
  address: string;
  /** HELO/EHLO name; null where there was none. */
  helo: string | null;
  /** In TRUSTED_CLIENTS: its mail is not checked for DMARC. */
  trusted: boolean;
  /**
   * Who took the mail from the sender and hands it on through its API; absent where the client itself brings it. Nothing
   * that is known of this client says anything about the sender.
   */
  provider?: 'resend' | 'postmark' | 'email-routing';
}
