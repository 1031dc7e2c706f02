/**
 * What else an owner sets for an agent: whether its turns wait, and to whom it may write without asking. Jobs of an agent
 * that is paused have a state of their own, so that nothing that looks for work or counts it reads them.
 */
import { type Kysely, sql } from 'kysely';

/** Adds columns and indexes; agents that are there go on as before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('agents').addColumn('paused_at', 'bigint').execute();
  await db.schema
    .alterTable('agents')
    .addColumn('outbound', 'text', (column) => column.notNull().defaultTo('known'))
    .execute();
  await db.schema
    .createIndex('jobs_paused')
    .on('jobs')
    .columns(['agent_id', 'seq'])
    .where(sql.ref('state'), '=', sql.lit('paused'))
    .execute();
  // What a turn of an agent costs at a model is read from its last ones.
  await db.schema
    .createIndex('runs_by_agent_model')
    .on('runs')
    .columns(['agent_id', 'model', 'started_at', 'cost_usd'])
    .where(sql<boolean>`kind = 'turn' and status = 'done'`)
    .execute();
}
