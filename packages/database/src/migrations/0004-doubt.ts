/** Since when it is not known whether a delivery was taken: providers remember idempotency keys for a while only. */
import type { Kysely } from 'kysely';

/** Adds a column; of what is there nothing is in doubt but what is being sent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('deliveries').addColumn('doubt_since', 'bigint').execute();
}
