/**
 * What a server removes after a time, by kind, and how long each is kept unless its operator says otherwise. Sessions,
 * MEMORY.md and whatever else an agent wrote for itself are of no kind: they stay (invariant 11).
 */

/** One kind. `least`: what still needs it would be broken by fewer days. */
interface RetentionRule {
  /** The variable of the environment with the number of days, or `forever`. */
  variable: `RETENTION_${string}`;
  /** Null: forever. */
  days: number | null;
  /** Days. */
  least: number;
  /** What goes, in a few words. */
  what: string;
}

export const RETENTION_RULES = {
  mail: {
    variable: 'RETENTION_MAIL',
    days: null,
    // A turn and its answer take hours; a bounce may come days later, and is matched with rows, which stay.
    least: 7,
    what: 'bytes of mails that were answered or have failed',
  },
  sent_mail: {
    variable: 'RETENTION_SENT_MAIL',
    days: null,
    // `tinyfat outbox retry` sends the same bytes again.
    least: 7,
    what: 'bytes of mails that were sent, have failed or came back',
  },
  refused_mail: {
    variable: 'RETENTION_REFUSED_MAIL',
    days: 30,
    least: 1,
    what: 'bytes of mails that were refused, automatic, discarded or copies',
  },
  refused_rows: {
    variable: 'RETENTION_REFUSED_ROWS',
    days: 365,
    // A sending server tries again for five days (RFC 5321 section 4.5.4.1).
    least: 14,
    what: 'records of mails that were refused, and of copies',
  },
  outbox: {
    variable: 'RETENTION_OUTBOX',
    days: null,
    least: 1,
    what: "files in agents' outbox/sent and outbox/failed",
  },
  events: {
    variable: 'RETENTION_EVENTS',
    days: 90,
    least: 1,
    what: "files in agents' events: what happened in each turn",
  },
  webhooks: {
    variable: 'RETENTION_WEBHOOKS',
    days: 30,
    // A provider sends an event again for days, and a failed mail is tried for seven.
    least: 14,
    what: 'records of what mail providers reported',
  },
  sign_in: {
    variable: 'RETENTION_SIGN_IN',
    days: 7,
    // The limits of sign-in count a day.
    least: 1,
    what: 'attempts to sign in, and requests and sessions that have expired',
  },
  mailbox: {
    variable: 'RETENTION_MAILBOX',
    days: null,
    // A mail whose end is not known is written again, and folds into its file.
    least: 7,
    what: 'mails in the Maildir DATA_DIR/mailbox',
  },
  database_copies: {
    variable: 'RETENTION_DATABASE_COPIES',
    days: 90,
    least: 1,
    what: 'copies of the database from before upgrades',
  },
  faults: {
    variable: 'RETENTION_FAULTS',
    days: 90,
    least: 1,
    what: 'files in DATA_DIR/faults',
  },
} as const satisfies Record<string, RetentionRule>;

export type RetentionKind = keyof typeof RETENTION_RULES;

/** Days for each kind; null: forever. */
export type RetentionDays = Readonly<Record<RetentionKind, number | null>>;

/** All kinds, in the order of reports. */
export const RETENTION_KINDS = Object.keys(RETENTION_RULES).filter(isRetentionKind);

/** Days for every kind, each asked for by its name. */
export function retentionDays(of: (kind: RetentionKind) => number | null): RetentionDays {
  return {
    mail: of('mail'),
    sent_mail: of('sent_mail'),
    refused_mail: of('refused_mail'),
    refused_rows: of('refused_rows'),
    outbox: of('outbox'),
    events: of('events'),
    webhooks: of('webhooks'),
    sign_in: of('sign_in'),
    mailbox: of('mailbox'),
    database_copies: of('database_copies'),
    faults: of('faults'),
  };
}

/** What holds where nothing is set. */
export const DEFAULT_RETENTION: RetentionDays = retentionDays((kind) => RETENTION_RULES[kind].days);

function isRetentionKind(text: string): text is RetentionKind {
  return Object.hasOwn(RETENTION_RULES, text);
}

/** What one run did to a kind; in a look ahead, what it would do. `error`: why it did not get to the end of it. */
export interface RetentionCount {
  removed: number;
  /** Of files and stored messages; rows of the database count none. */
  bytes: number;
  error?: string;
}

/** One run, by kind; kinds that are kept forever are absent. */
export type RetentionReport = Partial<Record<RetentionKind, RetentionCount>>;
