/**
 * Decisions on mail that awaits its owner's approval, and their record. Invariant: one transaction decides, and only about
 * exactly the bytes and recipients that were looked at; of two decisions at once one finds that the other was made.
 */
import { deliveryById, deliveryDocument, queuedAgain } from './deliveries.ts';
import { transact } from './locks.ts';
import { setMailState } from './mails.ts';
import type { ApprovalRecord, ApprovalVia, Database, Delivery } from './schema/index.ts';
import { indexDocument } from './search/documents.ts';
import { changed } from './statements.ts';

/** The delivery as it was read by whoever decides. */
export type SeenDelivery = Pick<Delivery, 'id' | 'kind' | 'mail_id' | 'raw_key' | 'recipients'>;

/** Who decides, how and when (epoch ms), about what: `digest` is core's `approvalDigest` of it. */
export interface Decision {
  by: { address: string | null; via: ApprovalVia };
  at: number;
  digest: string;
}

/** An answer ends the mail that it answers; other mails of a turn do not. */
function isAnswer({ kind }: Pick<Delivery, 'kind'>): boolean {
  return kind === 'reply' || kind === 'command';
}

/** Has it sent as it was seen; false, and nothing is written, where it is another one by now or was decided. */
export async function approveDelivery(
  db: Database,
  seen: SeenDelivery,
  decision: Decision,
): Promise<boolean> {
  return await transact(db, [], async (tx) => {
    const queued = queuedAgain(tx, decision.at).set({ approved_digest: decision.digest });
    const asSeen = queued
      .where('id', '=', seen.id)
      .where('state', '=', 'awaiting_approval')
      .where('raw_key', '=', seen.raw_key)
      .where('recipients', '=', seen.recipients)
      .where('raw_removed_at', 'is', null);
    if (!(await changed(asSeen))) return false;
    await record(tx, seen.id, { ...decision, action: 'approved' });
    if (isAnswer(seen)) {
      await setMailState(tx, seen.mail_id, 'queued', 'The owner approved the answer; it is being sent.');
    }
    return true;
  });
}

/**
 * Ends it unsent, inside the caller's transaction; false as `approveDelivery`. With a note the mail that it answers waits for
 * what is written anew.
 */
export async function rejectDelivery(
  tx: Database,
  seen: SeenDelivery,
  { note, ...decision }: Decision & { note: string | null },
): Promise<boolean> {
  const rejected = tx.updateTable('deliveries').set((delivery) => ({
    state: 'rejected' as const,
    reason_code: 'owner_rejected',
    reason: note === null ? null : 'It is to be written anew, by a note of the owner.',
    filed: delivery.case().when('source_file', 'is', null).then(1).else(0).end(),
  }));
  const asSeen = rejected
    .where('id', '=', seen.id)
    .where('state', '=', 'awaiting_approval')
    .where('raw_key', '=', seen.raw_key)
    .where('recipients', '=', seen.recipients);
  if (!(await changed(asSeen))) return false;
  await record(tx, seen.id, { ...decision, action: note === null ? 'rejected' : 'rejected_with_note', note });
  if (!isAnswer(seen)) return true;
  if (note === null) await setMailState(tx, seen.mail_id, 'discarded', 'The owner rejected the answer.');
  else {
    const reason = 'The owner rejected the answer with a note; it is written anew.';
    await setMailState(tx, seen.mail_id, 'queued', reason);
  }
  return true;
}

/** Puts another composition in its place, which awaits approval like it; false as `approveDelivery`. */
export async function editDelivery(
  db: Database,
  seen: SeenDelivery,
  {
    text,
    ...edited
  }: Pick<Delivery, 'raw_key' | 'recipients' | 'subject' | 'reason_code' | 'reason'> & { text: string },
  decision: Decision,
): Promise<boolean> {
  return await transact(db, [], async (tx) => {
    const asSeen = tx
      .updateTable('deliveries')
      .set(edited)
      .where('id', '=', seen.id)
      .where('state', '=', 'awaiting_approval')
      .where('raw_key', '=', seen.raw_key)
      .where('recipients', '=', seen.recipients)
      .where('raw_removed_at', 'is', null);
    if (!(await changed(asSeen))) return false;
    const row = await deliveryById(tx, seen.id);
    if (row) await indexDocument(tx, deliveryDocument(row, text));
    await record(tx, seen.id, { ...decision, action: 'edited', rawKey: seen.raw_key });
    return true;
  });
}

/** Notes that a delivery was not what had been approved when it was to be sent. */
export async function recordVoidApproval(tx: Database, id: string, at: number): Promise<void> {
  await record(tx, id, { by: { address: null, via: 'host' }, at, digest: null, action: 'voided' });
}

/** What was done with a delivery, the newest first; at most `limit`. */
export async function approvalRecords(
  db: Database,
  deliveryId: string,
  limit: number,
): Promise<ApprovalRecord[]> {
  return await db
    .selectFrom('approval_records')
    .selectAll()
    .where('delivery_id', '=', deliveryId)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
}

async function record(
  tx: Database,
  deliveryId: string,
  {
    by,
    at,
    digest,
    action,
    note = null,
    rawKey = null,
  }: Omit<Decision, 'digest'> & {
    digest: string | null;
    action: ApprovalRecord['action'];
    note?: string | null;
    rawKey?: string | null;
  },
): Promise<void> {
  await tx
    .insertInto('approval_records')
    .values({
      delivery_id: deliveryId,
      action,
      by_address: by.address,
      via: by.via,
      at,
      digest,
      note,
      raw_key: rawKey,
    })
    .execute();
}
