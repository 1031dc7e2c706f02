/** The first tables: agents, who may write to them, mails, jobs, runs, deliveries, sessions. */
import { type Kysely, sql } from 'kysely';

/** Makes the tables. An `integer primary key` of SQLite is its rowid: assigned in order of insertion. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('agents')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('agents_one_name')
    .unique()
    .on('agents')
    .column('name')
    .where(sql.ref('deleted_at'), 'is', null)
    .execute();

  await db.schema
    .createTable('allowed_senders')
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('entry', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('allowed_senders_key', ['agent_id', 'entry'])
    .execute();

  await db.schema
    .createTable('mails')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('via', 'text', (column) => column.notNull())
    .addColumn('client_address', 'text')
    .addColumn('envelope_sender', 'text', (column) => column.notNull())
    .addColumn('envelope_recipient', 'text', (column) => column.notNull())
    .addColumn('raw_key', 'text', (column) => column.notNull())
    .addColumn('raw_bytes', 'bigint', (column) => column.notNull())
    .addColumn('sender', 'text')
    .addColumn('sender_name', 'text', (column) => column.notNull())
    .addColumn('message_id', 'text', (column) => column.notNull())
    .addColumn('in_reply_to', 'text')
    .addColumn('thread_references', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('reason_code', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('evidence', 'text', (column) => column.notNull())
    .addColumn('authentication', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('state_reason', 'text', (column) => column.notNull())
    .execute();
  // The same Message-ID to the same agent is one job, whoever wins a race.
  await db.schema
    .createIndex('mails_accepted_once')
    .unique()
    .on('mails')
    .columns(['agent_id', 'message_id'])
    .where(sql.ref('verdict'), '=', sql.lit('accepted'))
    .execute();
  await db.schema.createIndex('mails_by_agent').on('mails').columns(['agent_id', 'received_at']).execute();
  await db.schema.createIndex('mails_by_message_id').on('mails').column('message_id').execute();
  await db.schema.createIndex('mails_by_time').on('mails').column('received_at').execute();

  await db.schema
    .createTable('jobs')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('mail_id', 'text', (column) => column.notNull().unique().references('mails.id'))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('run_at', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('max_attempts', 'integer', (column) => column.notNull())
    .addColumn('fence', 'integer', (column) => column.notNull())
    .addColumn('lease_until', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .execute();
  // Invariant 2 in the schema: two running jobs of one agent cannot exist.
  await db.schema
    .createIndex('jobs_one_running')
    .unique()
    .on('jobs')
    .column('agent_id')
    .where(sql.ref('state'), '=', sql.lit('running'))
    .execute();
  await db.schema
    .createIndex('jobs_waiting')
    .on('jobs')
    .columns(['agent_id', 'seq'])
    .where(sql.ref('state'), '=', sql.lit('ready'))
    .execute();
  await db.schema
    .createIndex('jobs_due')
    .on('jobs')
    .columns(['run_at', 'seq'])
    .where(sql.ref('state'), '=', sql.lit('ready'))
    .execute();

  await db.schema
    .createTable('runs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('job_id', 'text', (column) => column.notNull().unique().references('jobs.id'))
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('mail_id', 'text', (column) => column.notNull().references('mails.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('command', 'text')
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text')
    .addColumn('model', 'text')
    .addColumn('input_tokens', 'bigint', (column) => column.notNull())
    .addColumn('output_tokens', 'bigint', (column) => column.notNull())
    .addColumn('cache_read_tokens', 'bigint', (column) => column.notNull())
    .addColumn('cache_write_tokens', 'bigint', (column) => column.notNull())
    .addColumn('cost_usd', 'double precision', (column) => column.notNull())
    .addColumn('context_tokens', 'bigint')
    .addColumn('context_window', 'bigint')
    .addColumn('llm_requests', 'integer', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('first_request_at', 'bigint')
    .addColumn('last_response_at', 'bigint')
    .addColumn('finished_at', 'bigint')
    .addColumn('error_code', 'text')
    .addColumn('error', 'text')
    .execute();
  await db.schema.createIndex('runs_by_agent').on('runs').columns(['agent_id', 'started_at']).execute();

  await db.schema
    .createTable('deliveries')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('mail_id', 'text', (column) => column.notNull().references('mails.id'))
    .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('source_file', 'text')
    .addColumn('source_sha256', 'text')
    .addColumn('envelope_sender', 'text', (column) => column.notNull())
    .addColumn('recipients', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('message_id', 'text', (column) => column.notNull())
    .addColumn('raw_key', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('reason_code', 'text')
    .addColumn('reason', 'text')
    .addColumn('provider', 'text')
    .addColumn('provider_id', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('filed', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('deliveries_not_filed')
    .on('deliveries')
    .column('agent_id')
    .where(sql.ref('filed'), '=', sql.lit(0))
    .execute();
  await db.schema
    .createIndex('deliveries_due')
    .on('deliveries')
    .columns(['next_attempt_at', 'seq'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();
  await db.schema
    .createIndex('deliveries_being_sent')
    .on('deliveries')
    .column('agent_id')
    .where(sql.ref('state'), '=', sql.lit('sending'))
    .execute();
  await db.schema.createIndex('deliveries_by_agent').on('deliveries').columns(['agent_id', 'seq']).execute();
  await db.schema.createIndex('deliveries_by_mail').on('deliveries').column('mail_id').execute();

  await db.schema
    .createTable('current_sessions')
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('current_sessions_key', ['agent_id', 'scope'])
    .execute();
}
