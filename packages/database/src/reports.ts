/** What a report (RFC 3464, RFC 5965) that came to an agent does to the delivery that it is about. */
import { type MailReport, reportEffect } from '@tinyfat/core';
import { isPostgres } from './engine.ts';
import { setMailState } from './mails.ts';
import type { Database, Delivery } from './schema/index.ts';
import { suppress } from './suppressions.ts';

/** What a report was about. `summary`: sentences for the owner, printable ASCII. */
interface AppliedReport {
  deliveryId: string;
  /** The delivery has a new state or reason; one that bounced is to be filed anew. */
  changed: boolean;
  summary: string;
}

/** More ids than this are no report on one mail. */
const MAX_IDS = 20;
const REPORTED_STATES = ['sending', 'sent', 'uncertain', 'bounced'] as const;

/**
 * Writes what a report says, in the caller's transaction. It counts only for a delivery of the agent that it came to,
 * found by our Message-ID or the provider's, and there only for its recipients; null where it is about none. The rows that
 * are read are locked: a try that ends, or another report, comes before or after. `now`: epoch ms.
 */
export async function applyReport(
  tx: Database,
  { agentId, report, now }: { agentId: string; report: MailReport; now: number },
): Promise<AppliedReport | null> {
  const ids = report.messageIds.slice(0, MAX_IDS);
  if (ids.length === 0) return null;
  const named = await tx
    .selectFrom('deliveries')
    .selectAll()
    .where((where) => where.or([where('message_id', 'in', ids), where('provider_message_id', 'in', ids)]))
    .orderBy('seq')
    .$if(isPostgres(tx), (query) => query.forUpdate())
    .execute();
  // Not in the statement: SQLite would read all rows of the agent.
  const deliveries = named.filter((delivery) => delivery.agent_id === agentId);
  // The most reliable id first: the original's References hold ids of ours as well.
  for (const id of ids) {
    const delivery = deliveries.find((one) => one.message_id === id || one.provider_message_id === id);
    const applied = delivery && (await applyToDelivery(tx, delivery, { report, now }));
    if (applied) return applied;
  }
  return null;
}

/** The same for a delivery that is known to be the one of the report, whose row the transaction has locked. */
export async function applyToDelivery(
  tx: Database,
  delivery: Delivery,
  { report, now }: { report: MailReport; now: number },
): Promise<AppliedReport | null> {
  const state = REPORTED_STATES.find((one) => one === delivery.state);
  if (state === undefined) return null;
  const recipients: string[] = JSON.parse(delivery.recipients);
  const effect = reportEffect(report, { state, recipients, reason: delivery.reason });
  if (effect === null) return null;
  const { id, agent_id, mail_id, kind } = delivery;
  if (effect.reason !== null) {
    const bounced = {
      state: 'bounced' as const,
      reason_code: 'delivery_bounced',
      // A server that reports on it has had it.
      sent_at: delivery.sent_at ?? now,
      filed: delivery.source_file === null ? 1 : 0,
    };
    await tx
      .updateTable('deliveries')
      .set({ reason: effect.reason, ...(effect.bounced ? bounced : {}) })
      .where('id', '=', id)
      .execute();
    if (effect.bounced && (kind === 'reply' || kind === 'command')) {
      await setMailState(tx, mail_id, 'failed', `The answer came back. ${effect.reason}`);
    }
    const rows = effect.suppressed.map((one) => ({ ...one, agent_id, delivery_id: id, created_at: now }));
    await suppress(tx, rows);
  }
  return { deliveryId: id, changed: effect.reason !== null, summary: effect.summary };
}
