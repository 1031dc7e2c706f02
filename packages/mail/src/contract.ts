/** What the mail package gives: guarded reading of untrusted mail, composing, and the ways in and out. */
import type {
  ClientConnection,
  Clock,
  Inspection,
  MailReport,
  MailResult,
  MailSource,
  OutboxRecord,
  ParsedOutboxMail,
} from '@tinyfat/core';

/**
 * What is to be known of an attachment before anybody opens it. `type_mismatch`: its content, or the whole of
 * its name, is something else and worse than the sender says. `nested_mail`: a forwarded message. `tnef`: the
 * winmail.dat of Outlook, which holds the real attachments.
 */
export type AttachmentMark =
  | 'executable'
  | 'archive'
  | 'macros'
  | 'encrypted'
  | 'type_mismatch'
  | 'nested_mail'
  | 'calendar'
  | 'tnef';

/** One attachment of an inbound mail. Nothing that the sender says of it is trusted. */
export interface MailAttachment {
  /** As the sender wrote it; a forwarded message without one has its subject, an invitation `invite.ics`. */
  filename: string | null;
  /** As the sender declared it: a media type in lower case, without parameters. */
  contentType: string;
  /** `inline` for images that the HTML refers to. */
  disposition: 'attachment' | 'inline';
  /** Without angle brackets. */
  contentId: string | null;
  /** What the content itself shows; null where it does not tell. */
  detectedType: string | null;
  marks: readonly AttachmentMark[];
  content: Uint8Array;
}

/** The readable content of a mail: what is new, what is quoted, what is forwarded, what is attached. */
export interface MailContent {
  /** Everybody that the headers name; shown to the agent, routes nothing. */
  to: { address: string; name: string }[];
  cc: { address: string; name: string }[];
  /** ISO 8601 with the offset of the sender's clock; null where the mail has no Date that is one. */
  date: string | null;
  /** What the sender newly wrote, as a reader sees it. */
  text: string;
  /** What the mail holds of those that it answers. */
  quoted: string;
  /** A message of somebody else that the sender hands on; whole, with its header. */
  forwarded: string;
  /** The HTML has words that no reader sees; they are left out. */
  hiddenText: boolean;
  /** False where the first line of `text` looks like a command, and the HTML that the mail also has does not show it. */
  firstLineSeen: boolean;
  attachments: MailAttachment[];
}

/** `code` is `interrupted` where the threads failed without the mail's doing: it can be read later. */
export type ReadMail = { ok: true; content: MailContent } | { ok: false; code: string; reason: string };

/** A piece of one line of a letter; `code` is something to type or to copy as it stands. Both may be untrusted. */
export type LetterText = string | { code: string };

/** One block of a letter, from top to bottom. */
export type LetterBlock =
  /** A paragraph; a `quiet` one matters less. */
  | { kind: 'text'; text: readonly LetterText[]; quiet?: boolean }
  /** A smaller heading within the letter. */
  | { kind: 'heading'; text: string }
  /** Names and what belongs to them, one under the other. */
  | { kind: 'rows'; rows: { label: LetterText; text: readonly LetterText[] }[] }
  /** The one thing to open; the label says what it does. */
  | { kind: 'link'; label: string; href: string }
  /** A short code to be copied or typed off. */
  | { kind: 'code'; code: string };

/** A mail that the system itself writes: laid out by us, so that it needs no marks in its text. */
export interface Letter {
  /** One line that says what it is about. */
  heading: string;
  blocks: readonly LetterBlock[];
}

/** Everything that a composed message says. Addresses are canonical; text is untrusted. */
export interface OutgoingMail {
  /** With angle brackets. */
  messageId: string;
  from: { address: string; name: string };
  to: { address: string; name: string }[];
  cc: { address: string; name: string }[];
  /** Where answers are to go when that is not `from`; null for none. */
  replyTo: { address: string; name: string } | null;
  subject: string;
  /** Epoch ms. */
  date: number;
  inReplyTo: string | null;
  references: string[];
  /** Markdown or plain text of an agent, or a letter of our own. */
  body: string | Letter;
  /** One line for the end, without the line that parts it off; null for none. */
  footer: string | null;
  /** RFC 3834: `auto-replied` for an answer, `auto-generated` for anything else. */
  autoSubmitted: 'auto-replied' | 'auto-generated';
  attachments: { filename: string; contentType: string | null; content: Uint8Array }[];
}

export type ComposedMail = { ok: true; raw: Uint8Array } | { ok: false; reason: string };

/** How sender authentication asks the DNS. */
export interface MailDns {
  /** `host:port` or `host` of resolvers; empty = the system's. */
  servers: string[];
}

/** Worker threads that parse, authenticate and compose, each call under a deadline and a memory limit. */
export interface MailWorkers {
  /**
   * Parses the headers and authenticates the sender of one raw message. Rejects where the threads failed without the
   * message's doing.
   */
  inspect(raw: Uint8Array, client: ClientConnection, envelopeSender: string): Promise<Inspection>;
  /** Reads text, quoted text and attachments of one raw message. */
  read(raw: Uint8Array): Promise<ReadMail>;
  /** The bounce or the complaint that one raw message is; null where it is none or cannot be read in time. */
  readReport(raw: Uint8Array): Promise<MailReport | null>;
  /** Renders Markdown or a letter to text and HTML and builds the MIME message. */
  compose(mail: OutgoingMail): Promise<ComposedMail>;
  /** Checks one file of an agent's outbox; the size of a file is for whoever reads it. Never rejects. */
  checkOutbox(raw: Uint8Array): Promise<ParsedOutboxMail>;
  /**
   * Makes the record of a mail of an agent's outbox (`outboxRecord`). Never rejects: where the source takes too long or
   * too much memory, the record is that without one, and not whole.
   */
  recordOutbox(
    source: MailSource | null,
    result: MailResult,
    fallback: Record<string, unknown>,
  ): Promise<OutboxRecord>;
  close(): Promise<void>;
}

/** One message taken off the wire, before any answer was given. */
export interface SmtpDelivery {
  /** `helo` is printable ASCII, or null. */
  client: ClientConnection;
  /** TLS in use. */
  secure: boolean;
  /** MAIL FROM: visible characters only, at most 254 bytes; empty for the null reverse-path. */
  sender: string;
  /** RCPT TO, as visible and as long as the sender; `postmaster` may stand without a domain (RFC 5321). */
  recipients: string[];
  raw: Uint8Array;
}

/** A message that grew beyond the size limit; `raw` is its first 64 kB, or less where memory was short. */
export interface OversizeSmtpDelivery extends SmtpDelivery {
  /** What was received until the client ended the message, went away or was hung up on. */
  bytes: number;
}

/** An address of MAIL FROM or RCPT TO that was not taken; no message may ever follow. */
export interface SmtpRefusal {
  kind: 'sender' | 'recipient';
  /** In printable ASCII, at most 254 characters. */
  address: string;
  /** IP address of the client. */
  client: string;
  answer: SmtpAnswer;
}

/** An SMTP answer: 250, or an error with its enhanced status code (RFC 3463) and a sentence. */
export interface SmtpAnswer {
  code: number;
  /** For example `5.7.1`. */
  enhanced: string;
  text: string;
  /** The message cost more than a message may: a 4xx that counts like a permanent refusal of its client. */
  countsAsRefusal?: true;
}

export interface SmtpListenerOptions {
  host: string;
  port: number;
  /** Name in the greeting. */
  hostname: string;
  tls: { key: string; cert: string } | null;
  maxMessageBytes: number;
  maxRecipients: number;
  /** Open connections at once, in all and from one client: an IPv4 address or the /64 of an IPv6 address. */
  maxConnections: number;
  maxConnectionsPerClient: number;
  /** Messages between the end of DATA and their answer, at once; beyond it 451. */
  maxInFlight: number;
  /**
   * Bytes of messages without an answer, of all connections, held in memory; beyond it 451. One client that is
   * not trusted gets half of them. Default: 8 messages.
   */
  maxBufferedBytes?: number;
  /**
   * Permanent refusals (5xx to a message or a recipient, and what counts as one) within an hour; a client with more gets 421 at connect
   * until there are fewer. Default: 100.
   */
  maxRefusalsPerClientHour?: number;
  /** Ms from DATA to its end; then the client gets 451 and is hung up on. Default: ten minutes. */
  maxDataMs?: number;
  /** Networks in CIDR notation whose mail is not checked, and who are not counted per client and hour. */
  trustedClients: string[];
  clock: Clock;
  /** Answers RCPT TO: null accepts it. A rejection becomes 451. */
  onRecipient(address: string): Promise<SmtpAnswer | null>;
  /** Answers the end of DATA; 250 only once everything is durable. A rejection becomes 451. */
  onMessage(delivery: SmtpDelivery): Promise<SmtpAnswer>;
  /** Answers a message that grew beyond the size limit, with a refusal. A rejection becomes 552. */
  onOversize(delivery: OversizeSmtpDelivery): Promise<SmtpAnswer>;
  /** Told about each address that was refused, so that nothing is refused in silence. */
  onRefusal(refusal: SmtpRefusal): void;
  /** Told about trouble. The detail is printable ASCII of at most 300 characters. */
  onProblem(event: string, detail: string): void;
}

export interface SmtpListener {
  /** Port that is listened on. */
  port: number;
  /**
   * Uses another pair for connections that begin TLS from now on; those that have it go on as they are. Throws, and
   * changes nothing, where the pair can not be used. Without TLS at the start nothing comes of it.
   */
  replaceCertificate(tls: { key: string; cert: string }): void;
  /** Takes no new connections, waits for open messages up to the time, then closes. */
  close(drainMs: number): Promise<void>;
}
