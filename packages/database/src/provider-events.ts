/** Writes what a provider reported of a mail of ours to its delivery. */
import { type DeliveryEvent, eventReport, type WebhookProvider } from '@tinyfat/core';
import { isPostgres } from './engine.ts';
import { applyToDelivery } from './reports.ts';
import type { Database, Delivery } from './schema/index.ts';

/** `found`: whether a delivery has that id (yet). `changed`: it is to be filed anew. */
type AppliedEvent = { found: false } | { found: true; delivery: Delivery; changed: boolean; summary: string };

/** An event is about an earlier try where the mail is being sent again. */
const SETTLED = ['sent', 'bounced', 'uncertain', 'failed'] as const;

/**
 * Applies it in the caller's transaction: to the delivery that the provider took under this id, and there only to
 * people whom it was sent to. A delivery that bounced stays so, even if another of its recipients got it. `now`:
 * epoch ms.
 */
export async function applyProviderEvent(
  tx: Database,
  { provider, event, now }: { provider: WebhookProvider; event: DeliveryEvent; now: number },
): Promise<AppliedEvent> {
  const delivery = await tx
    .selectFrom('deliveries')
    .selectAll()
    .where('provider_id', '=', event.mailId)
    .where('provider', '=', provider)
    .where('state', 'in', SETTLED)
    .$if(isPostgres(tx), (query) => query.forUpdate())
    .executeTakeFirst();
  if (!delivery) return { found: false };
  const learned = {
    ...(event.messageId !== null && event.messageId !== delivery.message_id
      ? { provider_message_id: event.messageId }
      : {}),
    ...(event.happened === 'delivered' && delivery.delivered_at === null
      ? { delivered_at: event.at ?? now }
      : {}),
  };
  if (Object.keys(learned).length > 0) {
    await tx.updateTable('deliveries').set(learned).where('id', '=', delivery.id).execute();
  }
  const recipients: string[] = JSON.parse(delivery.recipients);
  const report = eventReport(event, recipients);
  const applied = report && (await applyToDelivery(tx, delivery, { report, now }));
  return {
    found: true,
    delivery: { ...delivery, ...learned },
    changed: applied?.changed ?? false,
    summary: applied?.summary ?? '',
  };
}

/** Notes with which Message-ID a delivery went out under this id of the provider. */
export async function setProviderMessageId(
  db: Database,
  delivery: Pick<Delivery, 'id' | 'provider_id'>,
  messageId: string,
): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ provider_message_id: messageId })
    .where('id', '=', delivery.id)
    .where('provider_id', '=', delivery.provider_id)
    .execute();
}
