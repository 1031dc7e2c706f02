/**
 * Events that providers reported. A row is written before the provider gets its 200, so that no event is lost; one worker
 * then does what follows. A try that died is claimed again when its time is over, or at the next start.
 */
import { sql } from 'kysely';
import { claimNext, firstDue, type LeasedTable } from './leased-rows.ts';
import type { Database, NewWebhookEvent, WebhookEvent } from './schema/index.ts';
import { changed, exists, rowsChanged } from './statements.ts';

const EVENTS: LeasedTable = { name: 'webhook_events', key: 'seq' };
/** Written into the statement, not bound: only then is the partial index used. */
const pending = sql.lit('pending' as const);

/** Writes an event; false where the same event, or the same received mail, was reported before. */
export async function insertWebhookEvent(db: Database, event: NewWebhookEvent): Promise<boolean> {
  const insert = db.insertInto('webhook_events').values(event);
  return await changed(insert.onConflict((conflict) => conflict.doNothing()));
}

/** Whether there is an event with this id. */
export async function hasWebhookEvent(db: Database, id: string): Promise<boolean> {
  return await exists(db.selectFrom('webhook_events').select('id').where('id', '=', id));
}

/** Claims the oldest event that is due, counts the try, and keeps it from others until `until` (epoch ms). */
export async function claimWebhookEvent(
  db: Database,
  now: number,
  until: number,
): Promise<WebhookEvent | undefined> {
  const set = sql`next_attempt_at = ${until}`;
  return await claimNext<WebhookEvent>(db, EVENTS, { now, set, orderBy: 'seq' });
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
  const end = db.updateTable('webhook_events').set({
    state,
    reason_code,
    reason,
    raw_key: state === 'done' ? null : event.raw_key,
    ...(state === 'pending' ? { next_attempt_at: at } : { finished_at: at }),
  });
  const { id, attempts } = event;
  return await changed(
    end.where('id', '=', id).where('attempts', '=', attempts).where('state', '=', pending),
  );
}

/** With the only worker gone: tries that had begun are due at once. Gives how many wait in all. */
export async function recoverWebhookEvents(db: Database, now: number): Promise<number> {
  const waiting = db.updateTable('webhook_events').where('state', '=', pending);
  return await rowsChanged(waiting.set({ next_attempt_at: now }));
}

/** When the next event is due, epoch ms; null when none waits. */
export async function nextWebhookDue(db: Database): Promise<number | null> {
  return await firstDue(db, EVENTS, sql`state = 'pending'`);
}

/** The newest events first. */
export async function listWebhookEvents(db: Database, limit: number): Promise<WebhookEvent[]> {
  return await db.selectFrom('webhook_events').selectAll().orderBy('seq', 'desc').limit(limit).execute();
}

/** Whether intake has written rows for an event already. */
export async function hasMailsOfEvent(db: Database, eventId: string): Promise<boolean> {
  return await exists(db.selectFrom('mails').select('id').where('webhook_event', '=', eventId).limit(1));
}
