/**
 * A mail that came in at a provider: its bytes are fetched, and it goes through the same door as any other. The client
 * is no sender here, so nothing but the mail itself, and servers that the operator named, can prove who wrote it.
 */
import { type ArchivedMail, addressIn, type ReceivedEvent, smtpReply } from '@tinyfat/core';
import { hasMailsOfEvent, type WebhookEvent } from '@tinyfat/database';
import type { Place } from './arrival-order.ts';
import type { EventOutcome, WebhookDeps } from './contract.ts';

const DAY_MS = 86_400_000;
/** As long as another mail server would go on trying, and then some. */
const TRIED_MS = 7 * DAY_MS;

const taken: EventOutcome = { state: 'done', code: null, reason: null };

/** One try. Rejects only when storage fails. */
export async function workReceived(
  deps: WebhookDeps,
  event: WebhookEvent,
  { providerEvent, place }: { providerEvent: ReceivedEvent; place: Place },
): Promise<EventOutcome> {
  // The server stopped after the door had written its rows.
  if (await hasMailsOfEvent(deps.db, event.id)) return taken;
  const got = await mailOf(deps, event, providerEvent);
  if (!got.ok) return got.outcome;
  await place.turn();
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
  // A copy: a view would keep all of it in memory.
  const beginning = new Uint8Array(raw.subarray(0, deps.keptBytes));
  return { ok: true, mail: { recipients, from, raw: beginning, oversizeBytes: raw.length } };
}

/** For the record only, so it must be what an envelope could hold. */
function guessed(from: string | null): string {
  const address = addressIn(from ?? '');
  return /^[!-~]{1,254}$/.test(address) ? address : 'unknown';
}
