/**
 * Runs that are stopped, and run again. Whether somebody asked for the end of a job stands in its row, where whoever works
 * on it looks. A mail may have several jobs, one after the other: a run that is run again has a job of its own.
 */
import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../engine.ts';

/** What `jobs` has had before, in its order. */
const JOBS = `seq, id, agent_id, mail_id, state, run_at, attempts, max_attempts, fence, lease_until, last_error,
  created_at, finished_at, scheduled_at, leased_by`;

export async function up(db: Kysely<unknown>): Promise<void> {
  if (isPostgres(db)) await db.schema.alterTable('jobs').dropConstraint('jobs_mail_id_key').execute();
  else await remakeJobs(db);
  await db.schema.alterTable('jobs').addColumn('stop_asked_at', 'bigint').execute();
  await db.schema.alterTable('jobs').addColumn('stop_asked_by', 'text').execute();
  await db.schema.createIndex('jobs_by_mail').on('jobs').columns(['mail_id', 'seq']).execute();
  // Two that ask at once for another run of one mail get one.
  await db.schema
    .createIndex('jobs_one_open')
    .unique()
    .on('jobs')
    .column('mail_id')
    .where(sql<boolean>`state in ('ready', 'running', 'paused')`)
    .execute();
  await db.schema.alterTable('runs').addColumn('again_of', 'text').execute();
  await db.schema.alterTable('runs').addColumn('edited_text', 'text').execute();
  await db.schema
    .createIndex('runs_again_of')
    .on('runs')
    .columns(['again_of', 'id'])
    .where(sql.ref('again_of'), 'is not', null)
    .execute();
}

/**
 * Without the constraint that a mail has one job, which SQLite can not drop. `runs` refers to the table: that is checked at
 * the end of the transaction, by when every row is there again (foreignkeys.html, section 4.2).
 */
async function remakeJobs(db: Kysely<unknown>): Promise<void> {
  const indexes = await sql<{ sql: string }>`
    select sql from sqlite_schema where type = 'index' and tbl_name = 'jobs' and sql is not null`.execute(db);
  await sql`pragma defer_foreign_keys = on`.execute(db);
  await sql`create table jobs_before as select * from jobs`.execute(db);
  await db.schema.dropTable('jobs').execute();
  await db.schema
    .createTable('jobs')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('agent_id', 'text', (column) => column.notNull().references('agents.id'))
    .addColumn('mail_id', 'text', (column) => column.notNull().references('mails.id'))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('run_at', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('max_attempts', 'integer', (column) => column.notNull())
    .addColumn('fence', 'integer', (column) => column.notNull())
    .addColumn('lease_until', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .addColumn('scheduled_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('leased_by', 'text')
    .execute();
  await sql`insert into jobs (${sql.raw(JOBS)}) select ${sql.raw(JOBS)} from jobs_before order by seq`.execute(
    db,
  );
  await db.schema.dropTable('jobs_before').execute();
  for (const index of indexes.rows) await sql.raw(index.sql).execute(db);
}
