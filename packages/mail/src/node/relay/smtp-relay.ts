/**
 * Mail out through an SMTP server (RFC 5321), over pooled connections. The bytes and the envelope are sent
 * as they are given. SMTP knows no idempotency: where the connection broke after the message began to
 * flow and no reply came, the outcome is `unknown` and nothing is tried again here.
 */
import { Readable } from 'node:stream';
import type { Envelope, MailTransport, SendOutcome } from '@tinyfat/core';
import { type RelayConnectionOptions, relayConnection } from './relay-connection.ts';
import { withoutLogin } from './relay-fault.ts';
import { refusedRecipient, smtpFailureOutcome } from './smtp-outcome.ts';

/** Times in ms. */
export interface SmtpRelayOptions extends RelayConnectionOptions {
  /** Connections at once. */
  maxConnections?: number;
  /** For connecting, and for the greeting. */
  connectTimeoutMs?: number;
  /** Without a byte from the server. RFC 5321 section 4.5.3.2.6 gives it ten minutes for a message. */
  idleTimeoutMs?: number;
  /** For one message altogether, however the server dawdles. */
  deadlineMs?: number;
}

interface Connected {
  send(envelope: Envelope, raw: Uint8Array): Promise<SendOutcome>;
  close(): void;
}

/**
 * Loads nodemailer at the first mail. Never rejects; what keeps every mail from leaving is a `temporary` outcome with
 * its code. No reason repeats the login.
 */
export function smtpRelay(options: SmtpRelayOptions): MailTransport {
  let connected: Promise<Connected> | null = null;
  const open = new Set<Promise<SendOutcome>>();
  let closed = false;

  async function send(envelope: Envelope, raw: Uint8Array): Promise<SendOutcome> {
    if (closed) return { state: 'temporary', reason: 'The SMTP relay is closed.' };
    try {
      connected ??= connect(options);
      const outcome = await (await connected).send(envelope, raw);
      return outcome.state === 'sent' ? outcome : silent(outcome);
    } catch (error) {
      connected = null;
      return silent(smtpFailureOutcome({ error, dataStarted: false }));
    }
  }

  function silent<Outcome extends { reason: string }>(outcome: Outcome): Outcome {
    return { ...outcome, reason: withoutLogin(outcome.reason, options.url) };
  }

  return {
    name: 'smtp',
    idempotent: false,
    send(envelope, raw) {
      const sending = send(envelope, raw);
      open.add(sending);
      return sending.finally(() => open.delete(sending));
    },
    async close() {
      closed = true;
      await Promise.allSettled(open);
      (await connected)?.close();
    },
  };
}

async function connect(options: SmtpRelayOptions): Promise<Connected> {
  const { createTransport } = await import('nodemailer');
  const connectTimeoutMs = options.connectTimeoutMs ?? 15_000;
  const transport = createTransport({
    ...relayConnection(options),
    pool: true,
    maxConnections: options.maxConnections ?? 5,
    maxRequeues: 2,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: options.idleTimeoutMs ?? 300_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  /** Whether each message that is being sent has begun to flow, by the signal that ends it. */
  const flows = new WeakMap<AbortSignal, { raw: Uint8Array; started: boolean }>();
  // The connection reads this stream only once the server has answered DATA with 354.
  transport.use('stream', (mail, done) => {
    const flow = mail.data.signal === undefined ? undefined : flows.get(mail.data.signal);
    if (flow !== undefined) mail.message.createReadStream = () => watched(flow);
    done();
  });
  transport.on('error', () => undefined);

  async function send(envelope: Envelope, raw: Uint8Array): Promise<SendOutcome> {
    const controller = new AbortController();
    const { signal } = controller;
    const flow = { raw, started: false };
    flows.set(signal, flow);
    const timer = setTimeout(() => controller.abort(), options.deadlineMs ?? 900_000);
    try {
      const result = await transport.sendMail({
        envelope: { from: envelope.sender === '' ? false : envelope.sender, to: envelope.recipients },
        raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
        signal,
      });
      const refused = (result.rejectedErrors ?? []).map(refusedRecipient);
      const providerId = /\bqueued as ([\w.@-]+)/i.exec(result.response)?.[1] ?? null;
      return { state: 'sent', providerId, recipientsRefused: refused };
    } catch (error) {
      return smtpFailureOutcome({ error, dataStarted: flow.started });
    } finally {
      clearTimeout(timer);
    }
  }
  return { send, close: () => transport.close() };
}

/** The message as a stream that tells when its first byte is taken. */
function watched(flow: { raw: Uint8Array; started: boolean }): Readable {
  let at = 0;
  return new Readable({
    read() {
      flow.started = true;
      const chunk = flow.raw.subarray(at, at + 65_536);
      at += chunk.length;
      this.push(chunk.length === 0 ? null : chunk);
    },
  });
}
