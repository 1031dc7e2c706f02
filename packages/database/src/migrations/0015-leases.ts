/**
 * One protocol for all rows that are worked on: who holds a row, until when, and a fence that grows with each claim. Rows
 * that were in work before have no holder, and are given back. Besides: names that are locked, and in which order owners
 * were served.
 */
import { type Kysely, sql } from 'kysely';

/** Columns of the protocol by table, with the prefix that its columns have, and the state of a claimed row. */
const LEASED = [
  { table: 'jobs', prefix: '', state: 'state', claimed: 'running', has: ['fence', 'lease_until'] },
  { table: 'deliveries', prefix: '', state: 'state', claimed: 'sending', has: [] },
  { table: 'webhook_events', prefix: '', state: 'state', claimed: 'working', has: [] },
  { table: 'limit_notices', prefix: '', state: 'state', claimed: 'sending', has: [] },
  { table: 'sign_in_requests', prefix: 'mail_', state: 'mail_state', claimed: 'sending', has: [] },
] as const;

/** Adds columns, indexes and two tables; what is there stays as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const { table, prefix, state, claimed, has } of LEASED) {
    const own: readonly string[] = has;
    for (const column of ['fence', 'scheduled_at']) {
      if (own.includes(column)) continue;
      await db.schema
        .alterTable(table)
        .addColumn(prefix + column, 'bigint', (made) => made.notNull().defaultTo(0))
        .execute();
    }
    if (!own.includes('lease_until')) {
      await db.schema.alterTable(table).addColumn(`${prefix}lease_until`, 'bigint').execute();
    }
    await db.schema.alterTable(table).addColumn(`${prefix}leased_by`, 'text').execute();
    await db.schema
      .createIndex(`${table}_leased`)
      .on(table)
      .column(`${prefix}lease_until`)
      .where(sql.ref(state), '=', sql.lit(claimed))
      .execute();
  }
  await db.schema
    .createIndex('sign_in_requests_due')
    .on('sign_in_requests')
    .columns(['mail_next_at', 'created_at'])
    .where(sql.ref('mail_state'), '=', sql.lit('pending'))
    .execute();
  await db.schema
    .createIndex('deliveries_pending')
    .on('deliveries')
    .columns(['agent_id', 'seq'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();

  await db.schema
    .createTable('locks')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .execute();
  await db.schema
    .createTable('served_owners')
    .addColumn('owner', 'text', (column) => column.primaryKey().notNull())
    .addColumn('turn', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('served_owners_by_turn').on('served_owners').column('turn').execute();
}
