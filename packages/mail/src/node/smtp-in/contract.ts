/** What the SMTP listener is given, and what it gives. */
import type { ClientConnection, Clock } from '@tinyfat/core';

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
