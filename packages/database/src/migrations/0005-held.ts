/** Deliveries that wait for their owner can be counted without reading all of them. */
import { type Kysely, sql } from 'kysely';

/** Adds an index; what is there stays as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('deliveries_held')
    .on('deliveries')
    .column('agent_id')
    .where(sql.ref('state'), '=', sql.lit('held'))
    .execute();
}
