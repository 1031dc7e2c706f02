/**
 * What providers told. A row is written before the provider gets its 200, so that nothing it told is lost; one worker
 * then does what follows. A try that died is taken up again when its time is over, or at the next start.
 */
import { sql } from 'kysely';
import type { NewWebhookEvent, WebhookEvent } from './schema.ts';
import type { Database } from './sqlite.ts';

/** Written into the statement, not bound: only then is the partial index used. */
const pending = sql.lit('pending' as const);

/** Writes an event; false where the same event, or the same received mail, was told before. */
export async function insertWebhookEvent(db: Database, event: NewWebhookEvent): Promise<boolean> {
  const made = await db
    .insertInto('webhook_events')
    .values(event)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return made !== undefined;
}

/** Whether there is an event with this id. */
export async function hasWebhookEvent(db: Database, id: string): Promise<boolean> {
  const row = await db.selectFrom('webhook_events').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

/** Takes the oldest event that is due, counts the try, and keeps it from others until `until` (epoch ms). */
export async function claimWebhookEvent(
  db: Database,
  now: number,
  until: number,
): Promise<WebhookEvent | undefined> {
  return await db
    .updateTable('webhook_events')
    .set((event) => ({ attempts: event('attempts', '+', 1), next_attempt_at: until }))
    .where('seq', '=', (select) =>
      select
        .selectFrom('webhook_events as next')
        .select('next.seq')
        .where('next.state', '=', pending)
        .where('next.next_attempt_at', '<=', now)
        .orderBy('next.seq')
        .limit(1),
    )
    .where('state', '=', pending)
    .returningAll()
    .executeTakeFirst();
}

/** What became of one try. `at`: epoch ms of the end, or of the next try. */
export type WebhookTry = Pick<WebhookEvent, 'reason_code' | 'reason'> & {
  state: WebhookEvent['state'];
  at: number;
};

/** Writes the end of a try; false where the try has been given to somebody else. */
export async function settleWebhookEvent(
  db: Database,
  event: Pick<WebhookEvent, 'id' | 'attempts' | 'raw_key'>,
  { state, at, reason_code, reason }: WebhookTry,
): Promise<boolean> {
  const row = await db
    .updateTable('webhook_events')
    .set({
      state,
      reason_code,
      reason,
      raw_key: state === 'done' ? null : event.raw_key,
      ...(state === 'pending' ? { next_attempt_at: at } : { finished_at: at }),
    })
    .where('id', '=', event.id)
    .where('attempts', '=', event.attempts)
    .where('state', '=', pending)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** With the only worker gone: tries that had begun are due at once. Gives how many wait in all. */
export async function recoverWebhookEvents(db: Database, now: number): Promise<number> {
  const rows = await db
    .updateTable('webhook_events')
    .set({ next_attempt_at: now })
    .where('state', '=', pending)
    .returning('id')
    .execute();
  return rows.length;
}

/** When the next event is due, epoch ms; null when none waits. */
export async function nextWebhookDue(db: Database): Promise<number | null> {
  const row = await db
    .selectFrom('webhook_events')
    .select((select) => select.fn.min<number | null>('next_attempt_at').as('at'))
    .where('state', '=', pending)
    .executeTakeFirst();
  return row?.at ?? null;
}

/** The newest events first. */
export async function listWebhookEvents(db: Database, limit: number): Promise<WebhookEvent[]> {
  return await db.selectFrom('webhook_events').selectAll().orderBy('seq', 'desc').limit(limit).execute();
}

/** Whether the door has written rows for an event already. */
export async function hasMailsOfEvent(db: Database, eventId: string): Promise<boolean> {
  const row = await db
    .selectFrom('mails')
    .select('id')
    .where('webhook_event', '=', eventId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
