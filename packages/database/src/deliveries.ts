/**
 * Outgoing messages. A row with the exact bytes exists before anything is sent; `sending` is set before a try,
 * so that after a crash a try with an unknown outcome can be told from one that never began.
 */
import { sql } from 'kysely';
import { claimNext, firstDue, type LeasedTable } from './leased-rows.ts';
import { setMailState } from './mails.ts';
import type { Database, Delivery, DeliveryState, NewDelivery } from './schema/index.ts';
import { changed, countRows, exists, rowsChanged } from './statements.ts';

const DELIVERIES: LeasedTable = { name: 'deliveries', key: 'seq' };

/** Records deliveries in the order in which they are to be sent. */
export async function insertDeliveries(db: Database, deliveries: readonly NewDelivery[]): Promise<void> {
  for (const delivery of deliveries) await db.insertInto('deliveries').values(delivery).execute();
}

/** One delivery by its id. */
export async function deliveryById(db: Database, id: string): Promise<Delivery | undefined> {
  return await db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
}

/** What a mail led to, in the order of sending. */
export async function deliveriesOfMail(db: Database, mailId: string): Promise<Delivery[]> {
  return await db.selectFrom('deliveries').selectAll().where('mail_id', '=', mailId).orderBy('seq').execute();
}

/** Deliveries whose outbox file does not lie yet where their state says: of one agent, or of all. */
export async function unfiledDeliveries(db: Database, agentId: string | null): Promise<Delivery[]> {
  const all = db.selectFrom('deliveries').selectAll().where('filed', '=', sql.lit(0)).orderBy('seq');
  return await (agentId === null ? all : all.where('agent_id', '=', agentId)).execute();
}

/** Notes that the outbox file of a delivery lies where `state` says; false when it has another state by now. */
export async function markFiled(db: Database, id: string, state: DeliveryState): Promise<boolean> {
  const filed = db.updateTable('deliveries').set({ filed: 1 });
  return await changed(filed.where('id', '=', id).where('state', '=', state));
}

/**
 * Claims the next delivery that is due, one at a time per agent and in order; counts the attempt, which is in doubt with
 * this provider until it is settled.
 */
export async function claimDelivery(
  db: Database,
  now: number,
  provider: string,
): Promise<Delivery | undefined> {
  return await claimNext<Delivery>(db, DELIVERIES, {
    now,
    set: sql`state = 'sending', doubt_since = coalesce(doubt_since, ${now}),
      provider = case when doubt_since is null then ${provider} else provider end`,
    only: sql`not exists (select 1 from deliveries as other
      where other.agent_id = next.agent_id and other.state = 'sending')`,
    orderBy: 'seq',
  });
}

/** When the next pending delivery is due, epoch ms; null when none waits. */
export async function nextDeliveryDue(db: Database): Promise<number | null> {
  return await firstDue(db, DELIVERIES, sql`state = 'pending'`);
}

/** Ends a try: sets the state and what is known; false for a delivery that is not being sent any more. */
export async function settleDelivery(
  db: Database,
  id: string,
  result: Partial<Omit<Delivery, 'seq' | 'id'>> & Pick<Delivery, 'state'>,
): Promise<boolean> {
  const settled = db.updateTable('deliveries').set(result);
  return await changed(settled.where('id', '=', id).where('state', '=', 'sending'));
}

/** Lets a delivery that awaits approval, failed, is uncertain or bounced go (again); false when it is in no such state. */
export async function requeueDelivery(
  db: Database,
  id: string,
  from: readonly DeliveryState[],
  now: number,
): Promise<boolean> {
  const again = db.updateTable('deliveries').set((delivery) => ({
    state: 'pending',
    attempts: 0,
    doubt_since: null,
    next_attempt_at: now,
    reason_code: null,
    reason: null,
    provider_message_id: null,
    delivered_at: null,
    // Its file lies in failed/ and is to be filed anew once the mail is sent.
    filed: delivery.case().when('source_file', 'is', null).then(1).else(0).end(),
  }));
  const stored = again.where('id', '=', id).where('raw_removed_at', 'is', null);
  return await changed(stored.where('state', 'in', from));
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

/**
 * After a crash, with the only sender gone: tries that had begun and whose outcome is not known. Where sending
 * twice is harmless they wait for another try; elsewhere they are `uncertain` for the owner to decide (invariant 4).
 */
export async function recoverInterruptedDeliveries(db: Database, idempotent: boolean): Promise<number> {
  const interrupted = db.updateTable('deliveries').where('state', '=', sql.lit('sending'));
  if (idempotent) return await rowsChanged(interrupted.set({ state: 'pending' }));
  const reason = 'The server stopped while this mail was handed over; it may or may not have been sent.';
  return await db.transaction().execute(async (tx) => {
    const rows = await tx
      .updateTable('deliveries')
      .set({ state: 'uncertain', reason_code: 'delivery_uncertain', reason })
      .where('state', '=', sql.lit('sending'))
      .returning(['mail_id', 'kind'])
      .execute();
    const answers = rows.filter((row) => row.kind === 'reply' || row.kind === 'command');
    for (const { mail_id } of answers) await setMailState(tx, mail_id, 'failed', reason);
    return rows.length;
  });
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
