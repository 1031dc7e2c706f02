/**
 * A mail that came in at a provider: its bytes are fetched, and it is received as any other. The client is the provider,
 * not the sender, so only the mail itself, and servers that the operator named, can prove who wrote it.
 */
import { type ArchivedMail, addressIn, type ReceivedEvent, smtpReply } from '@tinyfat/core';
import { hasMailsOfEvent, type WebhookEvent } from '@tinyfat/database';
import { within } from '@tinyfat/jobs';
import type { EventOutcome, WebhookDeps } from './contract.ts';

const DAY_MS = 86_400_000;
/** Longer than another mail server would go on trying. */
const TRIED_MS = 7 * DAY_MS;

const taken: EventOutcome = { state: 'done', code: null, reason: null };

/** A place in the order of claims. */
export interface Ticket {
  /** Resolves when all earlier tickets are done, or after the longest wait. */
  turn(): Promise<void>;
  done(): void;
}

/**
 * Makes a line of tickets. Mails are fetched several at once, and received in the order in which their events came, unless
 * an earlier one takes longer than `longestMs`.
 */
export function ticketLine(longestMs: number): () => Ticket {
  let last: Promise<void> = Promise.resolve();
  return () => {
    const before = last;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    last = Promise.all([before, promise]).then(() => undefined);
    return { turn: () => within(longestMs, before), done };
  };
}

/** One attempt. Rejects only when storage fails. */
export async function workReceived(
  deps: WebhookDeps,
  event: WebhookEvent,
  providerEvent: ReceivedEvent,
  ticket: Ticket | null,
): Promise<EventOutcome> {
  // The server stopped after the rows were written.
  if (await hasMailsOfEvent(deps.db, event.id)) return taken;
  const got = await mailOf(deps, event, providerEvent);
  if (!got.ok) return got.outcome;
  await ticket?.turn();
  const { raw, recipients, from, oversizeBytes } = got.mail;
  const sender = deps.returnPath(raw);
  const reply = await deps.receive({
    via: event.provider,
    client: { address: event.provider, helo: null, trusted: false, provider: event.provider },
    envelopeSender: sender ?? guessed(from),
    ...(sender === null ? { envelopeGuessed: true } : {}),
    envelopeRecipients: recipients.map(addressIn),
    raw,
    webhookEvent: event.id,
    ...(oversizeBytes === undefined ? {} : { oversizeBytes }),
  });
  if (reply.code >= 400 && reply.code < 500) {
    const reason = `${reply.text}.`;
    return { state: 'again', code: 'webhook_put_off', reason, forMs: TRIED_MS, atEnd: 'failed' };
  }
  if (reply.enhanced === smtpReply('unknown_recipient').enhanced) {
    const reason = `None of its ${recipients.length} recipients is an agent at ${deps.mailDomain}.`;
    return { state: 'done', code: 'unknown_recipient', reason };
  }
  return taken;
}

type GotMail = { ok: true; mail: ArchivedMail } | { ok: false; outcome: EventOutcome };

async function mailOf(
  deps: WebhookDeps,
  event: WebhookEvent,
  providerEvent: ReceivedEvent,
): Promise<GotMail> {
  if (event.provider === 'postmark') return await storedMail(deps, event, providerEvent);
  const got = deps.resend
    ? await deps.resend.fetch(providerEvent.mailId)
    : ({ ok: false, code: 'webhook_fetch_failed', reason: 'RESEND_API_KEY is not set.' } as const);
  if (got.ok) return { ok: true, mail: got.value };
  const { ok: _, ...trouble } = got;
  return { ok: false, outcome: { state: 'again', ...trouble, forMs: TRIED_MS, atEnd: 'failed' } };
}

async function storedMail(
  deps: WebhookDeps,
  { raw_key }: WebhookEvent,
  { recipients, from }: ReceivedEvent,
): Promise<GotMail> {
  if (raw_key === null) {
    return { ok: false, outcome: { state: 'failed', code: 'internal', reason: 'It has no stored message.' } };
  }
  const raw = await deps.rawMail.get(raw_key);
  if (raw.length <= deps.maxMessageBytes) return { ok: true, mail: { recipients, from, raw } };
  // A copy: a view would hold the whole buffer in memory.
  const beginning = new Uint8Array(raw.subarray(0, deps.oversizeBytes));
  return { ok: true, mail: { recipients, from, raw: beginning, oversizeBytes: raw.length } };
}

/** The author's address where an envelope could hold it; for the record only. */
function guessed(from: string | null): string {
  const address = addressIn(from ?? '');
  return /^[!-~]{1,254}$/.test(address) ? address : 'unknown';
}
