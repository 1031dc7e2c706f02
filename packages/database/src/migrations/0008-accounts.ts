/** People's accounts: better-auth's tables under names of ours, their open requests to sign in, and what is counted. */
import type { Kysely } from 'kysely';

/** Adds tables; what is there stays as it is. Columns of type `date` are better-auth's: ISO 8601 as text. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('account_users')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('email_verified', 'integer', (column) => column.notNull())
    .addColumn('image', 'text')
    .addColumn('created_at', 'date', (column) => column.notNull())
    .addColumn('updated_at', 'date', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('account_sessions')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('expires_at', 'date', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'date', (column) => column.notNull())
    .addColumn('updated_at', 'date', (column) => column.notNull())
    .addColumn('ip_address', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('user_id', 'text', (column) =>
      column.notNull().references('account_users.id').onDelete('cascade'),
    )
    .execute();
  await db.schema
    .createIndex('account_sessions_user_id_idx')
    .on('account_sessions')
    .column('user_id')
    .execute();

  // Passwords and other providers would stand here, and in the next one links of better-auth's own: nobody has any,
  // but better-auth refuses to work without its tables.
  await db.schema
    .createTable('account_providers')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('provider_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) =>
      column.notNull().references('account_users.id').onDelete('cascade'),
    )
    .addColumn('access_token', 'text')
    .addColumn('refresh_token', 'text')
    .addColumn('id_token', 'text')
    .addColumn('access_token_expires_at', 'date')
    .addColumn('refresh_token_expires_at', 'date')
    .addColumn('scope', 'text')
    .addColumn('password', 'text')
    .addColumn('created_at', 'date', (column) => column.notNull())
    .addColumn('updated_at', 'date', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('account_providers_user_id_idx')
    .on('account_providers')
    .column('user_id')
    .execute();

  await db.schema
    .createTable('account_verifications')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('identifier', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'date', (column) => column.notNull())
    .addColumn('created_at', 'date', (column) => column.notNull())
    .addColumn('updated_at', 'date', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('account_verifications_identifier_idx')
    .on('account_verifications')
    .column('identifier')
    .execute();

  await db.schema
    .createTable('sign_in_requests')
    .addColumn('address', 'text', (column) => column.primaryKey().notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('link_sha256', 'text', (column) => column.notNull().unique())
    .addColumn('browser_sha256', 'text', (column) => column.notNull().unique())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('mail_state', 'text', (column) => column.notNull())
    .addColumn('mail_attempts', 'integer', (column) => column.notNull())
    .addColumn('mail_next_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('sign_in_attempts')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('sign_in_attempts_counted')
    .on('sign_in_attempts')
    .columns(['kind', 'subject', 'at'])
    .execute();
  await db.schema.createIndex('sign_in_attempts_by_time').on('sign_in_attempts').column('at').execute();
}
