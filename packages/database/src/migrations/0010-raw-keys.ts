/** Which rows name a stored message: asked for each file that may be left over. */
import type { Kysely } from 'kysely';

/** Adds indexes only. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['mails', 'deliveries', 'webhook_events']) {
    await db.schema.createIndex(`${table}_by_raw_key`).on(table).column('raw_key').execute();
  }
}
