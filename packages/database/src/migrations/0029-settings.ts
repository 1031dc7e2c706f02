/** Requests to sign in by OpenID Connect, the switch that stops all sending, and what owners are mailed about. */
import { type Kysely, sql } from 'kysely';

/** Adds tables, and indexes for what is shown of webhooks; what is there stays as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oidc_requests')
    .addColumn('state_sha256', 'text', (column) => column.primaryKey().notNull())
    .addColumn('browser_sha256', 'text', (column) => column.notNull())
    .addColumn('return_to', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('oidc_requests_by_end').on('oidc_requests').column('expires_at').execute();

  await db.schema
    .createTable('sending_stops')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('stopped_at', 'bigint', (column) => column.notNull())
    .addColumn('stopped_by', 'text')
    .execute();

  await db.schema
    .createTable('owner_alerts')
    .addColumn('owner', 'text', (column) => column.primaryKey().notNull())
    .addColumn('held', 'integer', (column) => column.notNull())
    .addColumn('failed', 'integer', (column) => column.notNull())
    .addColumn('budget', 'integer', (column) => column.notNull())
    .addColumn('digest', 'integer', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('owner_notices')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('about', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('fence', 'bigint', (column) => column.notNull())
    .addColumn('leased_by', 'text')
    .addColumn('lease_until', 'bigint')
    .addColumn('scheduled_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('owner_notices_once', ['owner', 'kind', 'about'])
    .execute();
  await db.schema
    .createIndex('owner_notices_due')
    .on('owner_notices')
    .columns(['state', 'next_attempt_at'])
    .execute();
  await db.schema.createIndex('owner_notices_by_time').on('owner_notices').column('created_at').execute();

  await db.schema
    .createIndex('webhook_events_by_provider')
    .on('webhook_events')
    .columns(['provider', 'seq'])
    .execute();
  await db.schema
    .createIndex('webhook_events_failed')
    .on('webhook_events')
    .column('seq')
    .where(sql.ref('state'), '=', sql.lit('failed'))
    .execute();
}
