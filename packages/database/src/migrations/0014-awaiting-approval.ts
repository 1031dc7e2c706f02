/**
 * `held` meant two things: a mail in quarantine, which never had a turn, and an answer that waits for its owner's
 * approval. Each gets a word of its own.
 */
import { type Kysely, sql } from 'kysely';

/** Renames states, verdicts and a reason code; the indexes that name them are made anew. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const index of ['mails_taken_once', 'mails_signed_once', 'mails_waiting', 'deliveries_held']) {
    await db.schema.dropIndex(index).execute();
  }
  // A mail that was released and had its turn keeps its verdict; then `held` was said of its answer.
  await sql`update mails set state = case
    when verdict = 'held' and not exists (select 1 from jobs where jobs.mail_id = mails.id) then 'quarantined'
    else 'awaiting_approval' end where state = 'held'`.execute(db);
  await sql`update mails set verdict = 'quarantined' where verdict = 'held'`.execute(db);
  await sql`update deliveries set state = 'awaiting_approval' where state = 'held'`.execute(db);
  await sql`update deliveries set reason_code = 'recipients_not_allowed'
    where reason_code = 'recipients_held'`.execute(db);

  const taken = sql<boolean>`verdict in ('accepted', 'quarantined', 'over_limit')`;
  await db.schema
    .createIndex('mails_taken_once')
    .unique()
    .on('mails')
    .columns(['agent_id', 'message_id', 'sender_base'])
    .where(taken)
    .execute();
  await db.schema
    .createIndex('mails_signed_once')
    .unique()
    .on('mails')
    .columns(['agent_id', 'signature'])
    .where(sql<boolean>`signature is not null and ${taken}`)
    .execute();
  await db.schema
    .createIndex('mails_waiting')
    .on('mails')
    .column('agent_id')
    .where(sql<boolean>`state in ('quarantined', 'over_limit')`)
    .execute();
  await db.schema
    .createIndex('deliveries_awaiting_approval')
    .on('deliveries')
    .column('agent_id')
    .where(sql.ref('state'), '=', sql.lit('awaiting_approval'))
    .execute();
}
