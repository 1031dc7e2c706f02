/** What an owner sets for an agent: what its turns may reach over the network, and the name in From of its mail. */
import type { Kysely } from 'kysely';

/** Adds columns; agents that are there reach what they reached before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('agents')
    .addColumn('egress', 'text', (column) => column.notNull().defaultTo('public'))
    .execute();
  await db.schema
    .alterTable('agents')
    .addColumn('display_name', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
}
