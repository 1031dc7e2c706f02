/**
 * Outgoing messages. A row with the exact bytes exists before anything is sent; a claim is committed before the try, so
 * that the row of a sender that died shows that its outcome is not known.
 */
import { sql } from 'kysely';
import { askForApprovalNotice } from './approval-notices.ts';
import {
  type LeaseDeps,
  type LeasedRows,
  type LeasedTable,
  leasedRows,
  putBack,
  settleHeld,
} from './leased-rows.ts';
import { transact } from './locks.ts';
import { setMailState } from './mails.ts';
import type { Database, Delivery, DeliveryState, NewDelivery } from './schema/index.ts';
import { indexDocument, type SearchDocument } from './search/documents.ts';
import { whileSending } from './sending-stop.ts';
import { changed, countRows, exists } from './statements.ts';

const DELIVERIES: LeasedTable = { name: 'deliveries', key: 'seq' };

/** A delivery with the text that it can be found by. */
export type WrittenDelivery = NewDelivery & { text?: string };

/**
 * Records deliveries in the order in which they are to be sent, with what can be searched for; of those that await approval
 * the owner is to be told.
 */
export async function insertDeliveries(db: Database, deliveries: readonly WrittenDelivery[]): Promise<void> {
  for (const { text = '', ...delivery } of deliveries) {
    await db
      .insertInto('deliveries')
      .values({ ...delivery, scheduled_at: delivery.created_at })
      .execute();
    await indexDocument(db, deliveryDocument(delivery, text));
    if (delivery.state === 'awaiting_approval') await askForApprovalNotice(db, delivery);
  }
}

/** What can be searched for of an outgoing mail with this text. */
export function deliveryDocument(delivery: NewDelivery, text: string): SearchDocument {
  return {
    kind: 'answer',
    id: delivery.id,
    agentId: delivery.agent_id,
    at: delivery.created_at,
    sender: delivery.envelope_sender,
    people: delivery.recipients,
    subject: delivery.subject,
    text,
  };
}

/** One delivery by its id. */
export async function deliveryById(db: Database, id: string): Promise<Delivery | undefined> {
  return await db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Who owns the agent that a delivery is of; undefined where there is none. */
export async function ownerOfDelivery(db: Database, id: string): Promise<string | undefined> {
  const agent = db.selectFrom('deliveries').innerJoin('agents', 'agents.id', 'deliveries.agent_id');
  return (await agent.select('agents.owner').where('deliveries.id', '=', id).executeTakeFirst())?.owner;
}

/** What a mail led to, in the order of sending. */
export async function deliveriesOfMail(db: Database, mailId: string): Promise<Delivery[]> {
  return await db.selectFrom('deliveries').selectAll().where('mail_id', '=', mailId).orderBy('seq').execute();
}

/** Whether the deliveries of an agent since a time (epoch ms) are at least so many. */
export async function hasWritten(
  db: Database,
  agentId: string,
  { mails, since }: { mails: number; since: number },
): Promise<boolean> {
  const last = await db
    .selectFrom('deliveries')
    .select('created_at')
    .where('agent_id', '=', agentId)
    .orderBy('seq', 'desc')
    .offset(mails - 1)
    .limit(1)
    .executeTakeFirst();
  return last !== undefined && last.created_at > since;
}

/** An agent's deliveries whose outbox file does not lie yet where their state says. */
export async function unfiledDeliveries(db: Database, agentId: string): Promise<Delivery[]> {
  const unfiled = db.selectFrom('deliveries').selectAll().where('filed', '=', sql.lit(0));
  const found = await unfiled.where('agent_id', '=', agentId).execute();
  // Sorted here, because SQLite would read all rows in this order.
  return found.sort((a, b) => a.seq - b.seq);
}

/** Ids of all agents' deliveries that came to an end and whose outbox file does not lie yet where their state says. */
export async function endedUnfiledIds(db: Database): Promise<string[]> {
  const found = await db
    .selectFrom('deliveries')
    .select(['id', 'seq'])
    .where('filed', '=', sql.lit(0))
    .where('state', '!=', sql.lit('pending'))
    .where('state', '!=', sql.lit('sending'))
    .execute();
  return found.sort((a, b) => a.seq - b.seq).map(({ id }) => id);
}

/** Notes that the outbox file of a delivery lies where `state` says; false when it has another state by now. */
export async function markFiled(db: Database, id: string, state: DeliveryState): Promise<boolean> {
  const filed = db.updateTable('deliveries').set({ filed: 1 });
  return await changed(filed.where('id', '=', id).where('state', '=', state));
}

/** Of the provider that sends. */
export interface Sender {
  provider: string;
  /** Whether it takes a mail once, however often it is handed over under one key. */
  idempotent: boolean;
}

const INTERRUPTED = 'The server stopped while this mail was handed over; it may or may not have been sent.';

/**
 * Deliveries as leased rows: one at a time per agent. A claimed one is in doubt with this provider until it is settled.
 * One whose sender died waits for another try where sending twice is harmless; elsewhere it is `uncertain` for the owner
 * to decide (invariant 4).
 */
export function deliveryRows(deps: LeaseDeps, { provider, idempotent }: Sender): LeasedRows<Delivery> {
  const { db } = deps;
  return leasedRows<Delivery>(deps, DELIVERIES, {
    heldOf: ({ seq, fence }) => ({ key: seq, fence }),
    set: (now) => sql`doubt_since = coalesce(doubt_since, ${now}),
      provider = case when doubt_since is null then ${provider} else provider end`,
    // An earlier one that is due as well may be in the hands of a claim that is not committed yet.
    only: (now) => sql`${whileSending} and not exists (select 1 from deliveries as other
      where other.agent_id = next.agent_id and other.state = 'sending')
      and not exists (select 1 from deliveries as other where other.agent_id = next.agent_id
      and other.state = 'pending' and other.seq < next.seq and other.next_attempt_at <= ${now})`,
    orderBy: ['next_attempt_at', 'seq'],
    async giveBack(held, now) {
      if (idempotent) return await putBack(db, DELIVERIES, held, now);
      return await transact(db, [], async (tx) => {
        const end = { state: 'uncertain', reason_code: 'delivery_uncertain', reason: INTERRUPTED };
        if (!(await settleHeld(tx, DELIVERIES, held, end, now))) return false;
        const { mail_id, kind } = await tx
          .selectFrom('deliveries')
          .select(['mail_id', 'kind'])
          .where('seq', '=', Number(held.key))
          .executeTakeFirstOrThrow();
        if (kind === 'reply' || kind === 'command') await setMailState(tx, mail_id, 'failed', INTERRUPTED);
        return true;
      });
    },
  });
}

/** Ends a try: sets the state and what is known; false where the lease was lost, or a report has settled the delivery. */
export async function settleDelivery(
  db: Database,
  { seq, fence }: Pick<Delivery, 'seq' | 'fence'>,
  result: DeliveryEnd,
  now: number,
): Promise<boolean> {
  return await settleHeld(db, DELIVERIES, { key: seq, fence }, result, now);
}

/** What a try can set. */
export type DeliveryEnd = Pick<Delivery, 'state'> &
  Partial<
    Pick<
      Delivery,
      | 'attempts'
      | 'next_attempt_at'
      | 'doubt_since'
      | 'reason_code'
      | 'reason'
      | 'provider'
      | 'provider_id'
      | 'sent_at'
      | 'approved_digest'
    >
  >;

/** A delivery that is to be sent as if it were new; `now`: epoch ms. */
export function queuedAgain(db: Database, now: number) {
  return db.updateTable('deliveries').set((delivery) => ({
    state: 'pending' as const,
    attempts: 0,
    doubt_since: null,
    next_attempt_at: now,
    scheduled_at: now,
    reason_code: null,
    reason: null,
    provider_message_id: null,
    delivered_at: null,
    acknowledged_at: null,
    marked_sent_by: null,
    marked_sent_at: null,
    // Its file lies in failed/ and is to be filed anew once the mail is sent.
    filed: delivery.case().when('source_file', 'is', null).then(1).else(0).end(),
  }));
}

/** Lets a delivery that failed, is uncertain or bounced go again; false when it is in no such state. */
export async function requeueDelivery(
  db: Database,
  id: string,
  from: readonly Exclude<DeliveryState, 'awaiting_approval' | 'rejected'>[],
  now: number,
): Promise<boolean> {
  const again = queuedAgain(db, now);
  const stored = again.where('id', '=', id).where('raw_removed_at', 'is', null);
  return await changed(stored.where('state', 'in', from));
}

/**
 * Takes an uncertain delivery for sent, because a person has seen that it arrived: it is tried no more, its outbox file is
 * to be filed anew, and the mail that it answers is answered. `by`: address of the person, or `operator`. False when it is
 * not uncertain (any more).
 */
export async function markDeliverySent(
  db: Database,
  id: string,
  { by, at }: { by: string; at: number },
): Promise<boolean> {
  return await transact(db, [], async (tx) => {
    const row = await tx
      .updateTable('deliveries')
      .set((delivery) => ({
        state: 'sent',
        // The try that may have been taken was the last one.
        sent_at: delivery.fn.coalesce('doubt_since', sql.lit<number>(at)),
        doubt_since: null,
        reason_code: null,
        reason: null,
        marked_sent_by: by,
        marked_sent_at: at,
        filed: delivery.case().when('source_file', 'is', null).then(1).else(0).end(),
      }))
      .where('id', '=', id)
      .where('state', '=', 'uncertain')
      .returning(['mail_id', 'kind'])
      .executeTakeFirst();
    if (row === undefined) return false;
    if (row.kind === 'reply')
      await setMailState(
        tx,
        row.mail_id,
        'replied',
        'The agent answered, as somebody who saw the answer says.',
      );
    if (row.kind === 'command')
      await setMailState(
        tx,
        row.mail_id,
        'command',
        'The command was answered, as somebody who saw the answer says.',
      );
    return true;
  });
}

/**
 * Whether an owner was written an error mail about this code since a time (epoch ms), for any of their agents: as the
 * sender of a mail, or as the owner of the agent.
 */
export async function wasToldOf(
  db: Database,
  { owner, code, since }: { owner: string; code: string; since: number },
): Promise<boolean> {
  return await exists(
    db
      .selectFrom('agents')
      .innerJoin('runs', 'runs.agent_id', 'agents.id')
      .innerJoin('deliveries', 'deliveries.mail_id', 'runs.mail_id')
      .select('deliveries.id')
      .where('agents.owner', '=', owner)
      // A run ends long before a day is over; the bound keeps this to the runs of two days, by index.
      .where('runs.started_at', '>=', since - 86_400_000)
      .where('runs.error_code', '=', code)
      .whereRef('deliveries.run_id', '=', 'runs.id')
      .where('deliveries.created_at', '>=', since)
      .where('deliveries.kind', '=', 'error')
      .where('deliveries.recipients', '=', JSON.stringify([owner]))
      .limit(1),
  );
}

/** Mail that waits after failed tries: how much, and why the newest of it failed; null where there is none. */
export async function failingDeliveries(
  db: Database,
): Promise<{ count: number; provider: string | null; code: string | null; reason: string | null } | null> {
  const failing = db
    .selectFrom('deliveries')
    .where('state', '=', sql.lit('pending'))
    .where('attempts', '>', 0);
  const count = await countRows(failing);
  const newest = await failing
    .select(['provider', 'reason_code as code', 'reason'])
    .orderBy('seq', 'desc')
    .limit(sql.lit(1))
    .executeTakeFirst();
  return newest === undefined ? null : { count, ...newest };
}

/** How many of an agent's deliveries are not simply sent. */
export async function deliveryCounts(
  db: Database,
  agentId: string,
): Promise<Record<'waiting' | 'awaiting_approval' | 'failed' | 'uncertain' | 'bounced', number>> {
  const rows = await db
    .selectFrom('deliveries')
    .select((select) => ['state', select.fn.countAll<number>().as('count')])
    .where('agent_id', '=', agentId)
    .where('state', 'in', ['pending', 'sending', 'awaiting_approval', 'failed', 'uncertain', 'bounced'])
    .groupBy('state')
    .execute();
  const of = (...states: DeliveryState[]) =>
    rows.filter((row) => states.includes(row.state)).reduce((sum, row) => sum + row.count, 0);
  return {
    waiting: of('pending', 'sending'),
    awaiting_approval: of('awaiting_approval'),
    failed: of('failed'),
    uncertain: of('uncertain'),
    bounced: of('bounced'),
  };
}
