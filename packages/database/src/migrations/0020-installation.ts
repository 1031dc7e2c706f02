/**
 * What all processes of one installation must have in common, by name: fingerprints of its keys, and a mark that lies in
 * its storage.
 */
import type { Kysely } from 'kysely';

/** Adds a table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('installation_marks')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}
