/** An event about a mail that was sent; it has the same effects as a report that comes by mail. */
import { addressIn, canonicalAddress, type DeliveryEvent } from '@tinyfat/core';
import {
  applyProviderEvent,
  type Delivery,
  setProviderMessageId,
  transact,
  type WebhookEvent,
} from '@tinyfat/database';
import type { EventOutcome, WebhookDeps } from './contract.ts';

/** An event may come before the answer that names its mail; after a day no answer is under way any more. */
const WAITED_MS = 86_400_000;

/** One attempt. Rejects only when storage fails. */
export async function workDelivery(
  deps: WebhookDeps,
  event: WebhookEvent,
  providerEvent: DeliveryEvent,
): Promise<EventOutcome> {
  const { provider } = event;
  const applied = await transact(deps.db, [], (tx) =>
    applyProviderEvent(tx, { provider, event: providerEvent, now: deps.clock() }),
  );
  if (!applied.found) return unknownDelivery(deps, providerEvent);
  const { delivery, changed, summary } = applied;
  if (changed) deps.wakeUp.wake('reports');
  const about = { webhook: event.id, delivery: delivery.id, happened: providerEvent.happened };
  deps.logger.info('delivery_event', { ...about, reason: summary || undefined });
  return await learnMessageId(deps, { delivery, provider, summary });
}

/** The author's domain, where it is given, shows whether the mail is one of this server's. */
function unknownDelivery({ mailDomain }: WebhookDeps, { from, happened }: DeliveryEvent): EventOutcome {
  const author = canonicalAddress(addressIn(from ?? ''));
  const reason = `No delivery of ours has this id (${happened}).`;
  if (author.ok && author.domain !== mailDomain) {
    return { state: 'done', code: 'webhook_delivery_unknown', reason: `Not ours: sent by ${author.domain}.` };
  }
  return { state: 'again', code: 'webhook_delivery_unknown', reason, forMs: WAITED_MS, atEnd: 'done' };
}

/** Resend sends mails with a Message-ID of its own, which reports by mail will name. */
async function learnMessageId(
  deps: WebhookDeps,
  { delivery, provider, summary }: { delivery: Delivery; provider: string; summary: string },
): Promise<EventOutcome> {
  const done: EventOutcome = { state: 'done', code: null, reason: summary || null };
  const { provider_id, provider_message_id } = delivery;
  if (provider !== 'resend' || !deps.resend || provider_id === null || provider_message_id !== null)
    return done;
  const found = await deps.resend.sentMessageId(provider_id);
  if (!found.ok) {
    const { ok: _, ...trouble } = found;
    return { state: 'again', ...trouble, forMs: WAITED_MS, atEnd: 'done' };
  }
  if (found.value !== null) await setProviderMessageId(deps.db, delivery, found.value);
  return done;
}
