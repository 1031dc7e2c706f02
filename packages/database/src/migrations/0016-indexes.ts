/**
 * Indexes for every question that is asked again and again, so that none reads what is old. Lists are read a page at a
 * time by an index that ends in what they are sorted by; those that replace shorter ones take their names.
 */
import { type Kysely, sql } from 'kysely';

/** New indexes, and those that are made anew: name, table and columns. */
const MADE: readonly (readonly [string, string, readonly string[]])[] = [
  ['agents_by_owner', 'agents', ['owner', 'created_at', 'id']],
  ['agents_by_time', 'agents', ['created_at', 'id']],
  ['mails_by_agent', 'mails', ['agent_id', 'received_at', 'id']],
  ['mails_by_time', 'mails', ['received_at', 'id']],
  ['mails_by_message_id', 'mails', ['message_id', 'received_at', 'id']],
  ['mails_by_agent_outcome', 'mails', ['agent_id', 'verdict', 'state', 'received_at', 'id']],
  ['mails_by_outcome', 'mails', ['state', 'verdict', 'received_at', 'id']],
  // What a month has cost is read from it alone, and the agent's runs are listed by it.
  ['runs_by_agent', 'runs', ['agent_id', 'started_at', 'id', 'cost_usd', 'reserved_micro_usd']],
  ['runs_by_time', 'runs', ['started_at', 'id']],
  ['runs_by_agent_status', 'runs', ['agent_id', 'status', 'started_at', 'id']],
  ['runs_by_status', 'runs', ['status', 'started_at', 'id']],
  ['runs_by_mail', 'runs', ['mail_id']],
  ['runs_by_session', 'runs', ['agent_id', 'session_id', 'finished_at']],
  ['deliveries_by_agent_state', 'deliveries', ['agent_id', 'state', 'seq']],
  ['deliveries_by_state', 'deliveries', ['state', 'seq']],
  // A row that others refer to is looked for in them before it is removed.
  ['deliveries_by_run', 'deliveries', ['run_id']],
  ['limit_notices_by_mail', 'limit_notices', ['mail_id']],
  ['sign_in_requests_by_id', 'sign_in_requests', ['id']],
  ['sign_in_requests_by_expiry', 'sign_in_requests', ['expires_at']],
];

const REPLACED = [
  'agents_by_owner',
  'mails_by_agent',
  'mails_by_time',
  'mails_by_message_id',
  'runs_by_agent',
  'runs_by_cost',
  'deliveries_due',
  'deliveries_not_filed',
  'mails_waiting',
];

/** Indexes only. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of REPLACED) await db.schema.dropIndex(name).execute();
  for (const [name, table, columns] of MADE) {
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute();
  }
  await db.schema
    .createIndex('runs_with_error')
    .on('runs')
    .columns(['agent_id', 'error_code', 'started_at'])
    .where(sql.ref('error_code'), 'is not', null)
    .execute();
  // With the state in them they win over the indexes of all states, also where SQLite has not counted the rows.
  await db.schema
    .createIndex('deliveries_due')
    .on('deliveries')
    .columns(['state', 'next_attempt_at', 'seq'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();
  await db.schema
    .createIndex('deliveries_not_filed')
    .on('deliveries')
    .columns(['filed', 'agent_id'])
    .where(sql.ref('filed'), '=', sql.lit(0))
    .execute();
  await db.schema
    .createIndex('mails_waiting')
    .on('mails')
    .columns(['agent_id', 'state'])
    .where(sql<boolean>`state in ('quarantined', 'over_limit')`)
    .execute();
}
