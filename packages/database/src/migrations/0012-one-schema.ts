/**
 * Some migrations were changed after databases had been made by them: those databases lack what the later text of the
 * migration makes. This looks at what is there and adds the rest, so that every database has one schema. It finds
 * nothing to do in one that was made by the migrations as they stand.
 */
import { type Kysely, sql, type Transaction } from 'kysely';

type Db = Kysely<Record<string, Record<string, unknown>>>;

/** Adds columns, indexes and their values; no row is lost. */
export async function up(db: Kysely<unknown> | Transaction<unknown>): Promise<void> {
  const known: Db = db.withTables<Record<string, Record<string, unknown>>>();
  const tables = await db.introspection.getTables();
  const lacks = (table: string, column: string) =>
    !tables.some((one) => one.name === table && one.columns.some(({ name }) => name === column));

  if (lacks('deliveries', 'filed')) await addFiled(known);
  if (lacks('mails', 'sender_base')) await addSenderBase(known);
  if (lacks('sign_in_requests', 'mail_state')) await addSignInMails(known);
  // Of the first texts of 0001, 0002 and 0004.
  await db.schema.createIndex('mails_by_message_id').ifNotExists().on('mails').column('message_id').execute();
  await known
    .updateTable('deliveries')
    .set((row) => ({ doubt_since: row.ref('next_attempt_at') }))
    .where('state', '=', 'sending')
    .where('doubt_since', 'is', null)
    .execute();
  await cutTags(known);
}

/** 0001 as it began: nothing was put into files of an agent's folder. */
async function addFiled(db: Db): Promise<void> {
  const columns = `seq, id, agent_id, mail_id, run_id, kind, source_file, source_sha256, envelope_sender, recipients,
    subject, message_id, raw_key, state, attempts, next_attempt_at, reason_code, reason, provider, provider_id,
    created_at, sent_at, doubt_since, provider_message_id, delivered_at`;
  await remake(db, 'deliveries', {
    create: (name) =>
      db.schema
        .createTable(name)
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
        .addColumn('doubt_since', 'bigint')
        .addColumn('provider_message_id', 'text')
        .addColumn('delivered_at', 'bigint')
        .execute(),
    columns: `${columns}, filed`,
    values: `${columns}, case when source_file is null then 1 else 0 end`,
  });
  await db.schema
    .createIndex('deliveries_not_filed')
    .on('deliveries')
    .column('agent_id')
    .where(sql.ref('filed'), '=', sql.lit(0))
    .execute();
}

/** 0002 as it began: one mail for each Message-ID, whoever wrote it. */
async function addSenderBase(db: Db): Promise<void> {
  for (const column of ['sender_base', 'secret_address']) {
    await db.schema.alterTable('mails').addColumn(column, 'text').execute();
  }
  await db
    .updateTable('mails')
    .set((row) => ({ sender_base: row.ref('sender') }))
    .execute();
  await db.schema.dropIndex('mails_taken_once').execute();
  await db.schema.dropIndex('mails_over_limit').execute();
  const taken = sql.join([sql.lit('accepted'), sql.lit('held'), sql.lit('over_limit')]);
  await db.schema
    .createIndex('mails_taken_once')
    .unique()
    .on('mails')
    .columns(['agent_id', 'message_id', 'sender_base'])
    .where(sql<boolean>`verdict in (${taken})`)
    .execute();
  await db.schema
    .createIndex('mails_waiting')
    .on('mails')
    .column('agent_id')
    .where(sql<boolean>`state in ('held', 'over_limit')`)
    .execute();
}

/** 0008 as it began: no mail left for a request to sign in. */
async function addSignInMails(db: Db): Promise<void> {
  const columns = 'address, id, link_sha256, browser_sha256, tries, created_at, expires_at';
  await remake(db, 'sign_in_requests', {
    create: (name) =>
      db.schema
        .createTable(name)
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
        .execute(),
    columns: `${columns}, mail_state, mail_attempts, mail_next_at`,
    values: `${columns}, 'none', 0, created_at`,
  });
}

/**
 * 0002 in its second text left plus-tags in `sender_base` of mails that were there. A mail stays as it is where another
 * one has its place, of the same person with the same Message-ID.
 */
async function cutTags(db: Db): Promise<void> {
  const base = sql<string>`substr(sender, 1, instr(sender, '+') - 1) || substr(sender, instr(sender, '@'))`;
  const rows = await db
    .selectFrom('mails')
    .select(['id', 'agent_id', 'message_id', base.as('base')])
    .where(sql<boolean>`sender_base = sender and instr(sender, '+') between 2 and instr(sender, '@')
      and substr(sender, instr(sender, '+') - 1, 1) <> '.'`)
    .execute();
  for (const row of rows) {
    const other = await db
      .selectFrom('mails')
      .select('id')
      .where('agent_id', '=', row.agent_id)
      .where('message_id', '=', row.message_id)
      .where('sender_base', '=', row.base)
      .where('verdict', 'in', ['accepted', 'held', 'over_limit'])
      .executeTakeFirst();
    if (!other)
      await db.updateTable('mails').set({ sender_base: row.base }).where('id', '=', row.id).execute();
  }
}

/**
 * Makes a table anew with its rows and indexes, because SQLite adds no column that is never null and has no default.
 * No other table may refer to it.
 */
async function remake(
  db: Db,
  table: string,
  { create, columns, values }: { create(name: string): Promise<void>; columns: string; values: string },
): Promise<void> {
  const indexes = await sql<{ sql: string }>`
    select sql from sqlite_schema where type = 'index' and tbl_name = ${table} and sql is not null`.execute(
    db,
  );
  await create(`${table}_new`);
  await sql`insert into ${sql.table(`${table}_new`)} (${sql.raw(columns)})
    select ${sql.raw(values)} from ${sql.table(table)}`.execute(db);
  await db.schema.dropTable(table).execute();
  await db.schema.alterTable(`${table}_new`).renameTo(table).execute();
  for (const index of indexes.rows) await sql.raw(index.sql).execute(db);
}
