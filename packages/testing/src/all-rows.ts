/** What a database holds, for tests that look for what must not be in it. */
import type { Database } from '@tinyfat/database';
import { sql } from 'kysely';

/** The rows of all tables, as JSON text; on either engine. */
export async function allRows(db: Database): Promise<string> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const rows = [];
  for (const { name } of tables) rows.push((await sql`select * from ${sql.table(name)}`.execute(db)).rows);
  return JSON.stringify(rows);
}
