/** What mail providers reported. */
import type { WebhookProvider } from '@tinyfat/core';
import type { Generated, Insertable, Selectable } from 'kysely';

export interface WebhookTables {
  webhook_events: WebhookEventsTable;
  provider_cursors: ProviderCursorsTable;
}

/** One event that a provider reported by webhook, or that was found in its list of received mails. */
interface WebhookEventsTable {
  seq: Generated<number>;
  id: string;
  provider: WebhookProvider;
  /** The provider's name for the event, the same when it is sent again; `listed:…` where it was found in a list. */
  event_id: string;
  kind: 'received' | 'delivery';
  /** The provider's name for the mail. */
  provider_mail_id: string;
  /** The event as JSON, as core parses it, without the message. */
  payload: string;
  /** Key in the raw mail store of a message that came along; null where there is none, or intake has taken it. */
  raw_key: string | null;
  state: 'pending' | 'working' | 'done' | 'failed';
  /** Counts the one under way. */
  attempts: number;
  next_attempt_at: number;
  /** Grows with every claim; a worker with an older fence changes nothing. */
  fence: Generated<number>;
  /** The worker that holds it, and until when it does without a renewal; null while nobody does. */
  leased_by: Generated<string | null>;
  lease_until: Generated<number | null>;
  /** When it was scheduled: one in the future shows that the clock was set back. */
  scheduled_at: Generated<number>;
  /** A code of core's list; null where there is nothing to say. */
  reason_code: string | null;
  reason: string | null;
  created_at: number;
  finished_at: number | null;
}

/** How far a provider's list was read; both times are the provider's. */
interface ProviderCursorsTable {
  name: string;
  /** What is older came before this server and is left out. */
  started_at: number;
  /** Everything up to here is stored. */
  mark: number;
}

export type WebhookEvent = Selectable<WebhookEventsTable>;
export type NewWebhookEvent = Insertable<WebhookEventsTable>;
