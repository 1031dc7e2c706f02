/** All that a database holds, for tests that look for what must not be in it. */
import { existsSync, readFileSync } from 'node:fs';
import { type Database, isPostgres } from '@tinyfat/database';

/** Every row as JSON; of SQLite the bytes of its files at `path`, as Latin-1, with what was removed and not yet overwritten. */
export async function storedText(db: Database, path: string): Promise<string> {
  if (!isPostgres(db)) {
    const files = ['', '-wal'].map((end) => `${path}${end}`).filter((file) => existsSync(file));
    return files.map((file) => readFileSync(file, 'latin1')).join('\n');
  }
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const untyped = db.withTables<Record<string, Record<string, unknown>>>();
  const rows = await Promise.all(tables.map(({ name }) => untyped.selectFrom(name).selectAll().execute()));
  return JSON.stringify(rows);
}
