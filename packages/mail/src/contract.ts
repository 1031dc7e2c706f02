/** What the mail package gives: guarded reading of untrusted mail, composing, and the ways in and out. */
import type { ClientConnection, Inspection } from '@tinyfat/core';

/** One attachment of an inbound mail. Nothing about it is trusted; `filename` is as the sender wrote it. */
export interface MailAttachment {
  filename: string | null;
  contentType: string;
  /** `inline` for images that the HTML refers to. */
  disposition: 'attachment' | 'inline';
  /** Without angle brackets. */
  contentId: string | null;
  content: Uint8Array;
}

/** The readable content of a mail: what is new, what is quoted, what is attached. */
export interface MailContent {
  /** Everybody that the headers name; shown to the agent, routes nothing. */
  to: { address: string; name: string }[];
  cc: { address: string; name: string }[];
  text: string;
  quoted: string;
  attachments: MailAttachment[];
}

export type ReadMail = { ok: true; content: MailContent } | { ok: false; code: string; reason: string };

/** Everything that a composed message says. Addresses are canonical; text is untrusted. */
export interface OutgoingMail {
  /** With angle brackets. */
  messageId: string;
  from: { address: string; name: string };
  to: { address: string; name: string }[];
  cc: { address: string; name: string }[];
  subject: string;
  /** Epoch ms. */
  date: number;
  inReplyTo: string | null;
  references: string[];
  /** Markdown or plain text. */
  body: string;
  /** One line for the end, without the `---`; null for none. */
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
  /** Parses the headers and authenticates the sender of one raw message. */
  inspect(raw: Uint8Array, client: ClientConnection, envelopeSender: string): Promise<Inspection>;
  /** Reads text, quoted text and attachments of one raw message. */
  read(raw: Uint8Array): Promise<ReadMail>;
  /** Renders Markdown to text and HTML and builds the MIME message. */
  compose(mail: OutgoingMail): Promise<ComposedMail>;
  close(): Promise<void>;
}

/** One message taken off the wire, before any answer was given. */
export interface SmtpDelivery {
  client: ClientConnection;
  /** TLS in use. */
  secure: boolean;
  sender: string;
  recipients: string[];
  raw: Uint8Array;
}

/** An SMTP answer: 250, or an error with its enhanced status code (RFC 3463) and a sentence. */
export interface SmtpAnswer {
  code: number;
  /** For example `5.7.1`. */
  enhanced: string;
  text: string;
}

export interface SmtpListenerOptions {
  host: string;
  port: number;
  /** Name in the greeting. */
  hostname: string;
  tls: { key: string; cert: string } | null;
  maxMessageBytes: number;
  maxRecipients: number;
  /** Open connections at once, in all and from one client address. */
  maxConnections: number;
  maxConnectionsPerClient: number;
  /** Messages between the end of DATA and their answer, at once; beyond it 451. */
  maxInFlight: number;
  /** Bytes of unfinished messages of all connections held in memory; beyond it 451. Default: 8 messages. */
  maxBufferedBytes?: number;
  /** Networks in CIDR notation whose mail is not checked. */
  trustedClients: string[];
  /** Answers RCPT TO: null accepts it. */
  onRecipient(address: string): Promise<SmtpAnswer | null>;
  /** Answers the end of DATA; 250 only once everything is durable. A rejection becomes 451. */
  onMessage(delivery: SmtpDelivery): Promise<SmtpAnswer>;
  onProblem(event: string, detail: string): void;
}

export interface SmtpListener {
  /** Port that is listened on. */
  port: number;
  /** Takes no new connections, waits for open messages up to the time, then closes. */
  close(drainMs: number): Promise<void>;
}
