/** Since when it is not known whether a delivery was taken: providers remember idempotency keys for a while only. */
import { type Kysely, sql } from 'kysely';

/** Adds a column; of what is there, only what was being sent is in doubt. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('deliveries').addColumn('doubt_since', 'bigint').execute();
  await sql`update deliveries set doubt_since = next_attempt_at where state = 'sending'`.execute(db);
}
