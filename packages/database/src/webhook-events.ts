/**
 * Events that providers reported. A row is written before the provider gets its 200, so that no event is lost; one worker
 * then does what follows.
 */
import { sql } from 'kysely';
import { type LeaseDeps, type LeasedRows, type LeasedTable, leasedRows, settleHeld } from './leased-rows.ts';
import type { Database, NewWebhookEvent, WebhookEvent } from './schema/index.ts';
import { changed, exists } from './statements.ts';

const EVENTS: LeasedTable = { name: 'webhook_events', key: 'seq', claimed: 'working' };

/** Writes an event; false where the same event, or the same received mail, was reported before. */
export async function insertWebhookEvent(db: Database, event: NewWebhookEvent): Promise<boolean> {
  const insert = db.insertInto('webhook_events').values({ ...event, scheduled_at: event.created_at });
  return await changed(insert.onConflict((conflict) => conflict.doNothing()));
}

/** Whether there is an event with this id. */
export async function hasWebhookEvent(db: Database, id: string): Promise<boolean> {
  return await exists(db.selectFrom('webhook_events').select('id').where('id', '=', id));
}

/** Events as leased rows. A try that died is tried again: it does nothing twice. */
export function webhookEventRows(deps: LeaseDeps): LeasedRows<WebhookEvent> {
  return leasedRows<WebhookEvent>(deps, EVENTS, {
    heldOf: ({ seq, fence }) => ({ key: seq, fence }),
    orderBy: ['next_attempt_at', 'seq'],
  });
}

/** What became of one try. `at`: epoch ms of the end, or of the next try. */
export type WebhookTry = Pick<WebhookEvent, 'reason_code' | 'reason'> & {
  state: Exclude<WebhookEvent['state'], 'working'>;
  at: number;
};

/** Writes the end of a try; false where the lease was lost. `now`: epoch ms. */
export async function settleWebhookEvent(
  db: Database,
  { seq, fence, raw_key }: Pick<WebhookEvent, 'seq' | 'fence' | 'raw_key'>,
  { state, at, reason_code, reason }: WebhookTry,
  now: number,
): Promise<boolean> {
  const end = {
    state,
    reason_code,
    reason,
    raw_key: state === 'done' ? null : raw_key,
    ...(state === 'pending' ? { next_attempt_at: at } : { finished_at: at }),
  };
  return await settleHeld(db, EVENTS, { key: seq, fence }, end, now);
}

/** The newest events first. */
export async function listWebhookEvents(db: Database, limit: number): Promise<WebhookEvent[]> {
  return await db.selectFrom('webhook_events').selectAll().orderBy('seq', 'desc').limit(limit).execute();
}

/** Whether intake has written rows for an event already. */
export async function hasMailsOfEvent(db: Database, eventId: string): Promise<boolean> {
  return await exists(db.selectFrom('mails').select('id').where('webhook_event', '=', eventId).limit(1));
}

/** How the webhooks of one provider do. */
export interface WebhookStanding {
  /** When the newest event came, epoch ms; null where none is stored. */
  lastAt: number | null;
  /** Those that wait and those that failed are counted up to `most` each. */
  waiting: number;
  failed: number;
}

/** The standing of a provider's webhooks. */
export async function webhookStanding(
  db: Database,
  provider: WebhookEvent['provider'],
  most: number,
): Promise<WebhookStanding> {
  const events = () => db.selectFrom('webhook_events').where('provider', '=', provider);
  const last = await events().select('created_at').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  const failed = await failedEvents(db).where('provider', '=', provider).select('seq').limit(most).execute();
  const waiting = await db
    .selectFrom('webhook_events')
    .select('seq')
    .where(sql<boolean>`state = 'pending'`)
    // Each has a time: by it the index of those that wait is searched, rather than all events of the provider.
    .where('next_attempt_at', '>=', 0)
    .where('provider', '=', provider)
    .limit(most)
    .execute();
  return {
    lastAt: last?.created_at ?? null,
    waiting: waiting.length,
    failed: failed.length,
  };
}

/** Events that failed for good, the newest first, behind a place in the list. */
export async function failedWebhookEvents(
  db: Database,
  { after, limit }: { after: { at: number } | null; limit: number },
): Promise<WebhookEvent[]> {
  return await failedEvents(db)
    .selectAll()
    .where('seq', '<', after?.at ?? Number.MAX_SAFE_INTEGER)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
}

/** The state stands in the statement as the partial index has it. */
function failedEvents(db: Database) {
  return db.selectFrom('webhook_events').where(sql<boolean>`state = 'failed'`);
}
