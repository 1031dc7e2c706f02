/** All that a database holds, for tests that look for what must not be in it. */
import { existsSync, readFileSync } from 'node:fs';
import { type Database, isPostgres } from '@tinyfat/database';
import { sql } from 'kysely';

/** Every row as text; of SQLite the bytes of its files at `path`, as Latin-1, with what was removed and not yet overwritten. */
export async function storedText(db: Database, path: string): Promise<string> {
  if (!isPostgres(db)) {
    const files = ['', '-wal'].map((end) => `${path}${end}`).filter((file) => existsSync(file));
    return files.map((file) => readFileSync(file, 'latin1')).join('\n');
  }
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const texts = tables.map(async ({ name }) => {
    const { rows } = await sql<{
      row: string;
    }>`select row_to_json(t)::text as row from ${sql.table(name)} as t`.execute(db);
    return rows.map(({ row }) => row).join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}
