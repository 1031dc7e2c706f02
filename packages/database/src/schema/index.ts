/**
 * The tables, as Kysely sees them. Portable between SQLite and Postgres: ids are text (UUIDv7), times are
 * epoch milliseconds, JSON is text, truth values are 0 and 1.
 */
import type { Kysely } from 'kysely';
import type { AgentTables } from './agents.ts';
import type { DeliveryTables } from './deliveries.ts';
import type { InstallationTables } from './installation.ts';
import type { JobTables } from './jobs.ts';
import type { MailTables } from './mails.ts';
import type { OwnerTables } from './owners.ts';
import type { PeopleTables } from './people.ts';
import type { RetentionTables } from './retention.ts';
import type { SearchTables } from './search.ts';
import type { WebhookTables } from './webhooks.ts';

export * from './agents.ts';
export * from './deliveries.ts';
export * from './installation.ts';
export * from './jobs.ts';
export * from './mails.ts';
export * from './owners.ts';
export * from './people.ts';
export * from './retention.ts';
export * from './search.ts';
export * from './webhooks.ts';

export interface Schema
  extends AgentTables,
    MailTables,
    JobTables,
    DeliveryTables,
    WebhookTables,
    OwnerTables,
    InstallationTables,
    PeopleTables,
    RetentionTables,
    SearchTables {}

/** The database of one installation, or a transaction in it. */
export type Database = Kysely<Schema>;
