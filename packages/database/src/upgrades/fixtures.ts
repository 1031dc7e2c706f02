/**
 * Databases as versions of this program made them, one for each schema that ever was on the main branch. The name has
 * the last migration, and the commit where later ones made something else of it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isPartOf, orderOf } from './dump-sql.ts';

const FOLDER = new URL('.', import.meta.url);

/** Names of all, oldest first. */
export const fixtureNames: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.replace(/\.sql$/, ''))
  .sort();

/** Makes the database of a fixture at the path. */
export function makeFixture(name: string, path: string): void {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  db.exec('pragma journal_mode = wal');
  db.exec(`begin; ${readFileSync(new URL(`${name}.sql`, FOLDER), 'utf8')} commit;`);
  db.close();
}

/** All rows of all tables but those of the migrator and of the full-text index, in order of their rowids. */
export function rowsOf(path: string): Record<string, Record<string, unknown>[]> {
  const db = new DatabaseSync(path);
  try {
    const tables = db
      .prepare(
        `select name, sql from sqlite_schema where type = 'table' and name not like 'kysely_%' order by name`,
      )
      .all()
      .map(({ name, sql }) => ({ name: String(name), sql: String(sql) }))
      .filter(({ name }) => !name.startsWith('sqlite_') && !isPartOf(name, 'search_index'));
    return Object.fromEntries(
      tables.map(({ name, sql }) => [
        name,
        db
          .prepare(`select * from "${name}" ${orderOf(sql)}`)
          .all()
          .map((row) => ({ ...row })),
      ]),
    );
  } finally {
    db.close();
  }
}
