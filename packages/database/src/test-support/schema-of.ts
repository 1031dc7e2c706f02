/** What a database is made of, in a form that two databases of one schema share however they came to it. */
import { DatabaseSync } from 'node:sqlite';

/** Tables with their columns, keys and references, and indexes with their conditions; each sorted. */
export function schemaOf(path: string): Record<string, unknown> {
  const db = new DatabaseSync(path);
  try {
    const all = (sql: string, ...values: string[]) => db.prepare(sql).all(...values);
    const tables = all(
      `select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite_%'`,
    );
    return Object.fromEntries(
      tables
        .map(({ name, sql }): [string, unknown] => {
          const table = String(name);
          return [
            table,
            {
              columns: sorted(
                all('select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?)', table),
              ),
              references: sorted(
                all(
                  'select "from", "table", "to", on_update, on_delete from pragma_foreign_key_list(?)',
                  table,
                ),
              ),
              autoincrement: /\bautoincrement\b/i.test(String(sql)),
              indexes: sorted(indexesOf(all, table)),
            },
          ];
        })
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  } finally {
    db.close();
  }
}

type All = (sql: string, ...values: string[]) => Record<string, unknown>[];

/** Those of constraints have no name of their own and no text. */
function indexesOf(all: All, table: string): Record<string, unknown>[] {
  return all('select name, "unique", origin, partial from pragma_index_list(?)', table).map((index) => {
    const columns = all('select name, "desc", coll, key from pragma_index_xinfo(?)', String(index.name));
    const [text] = all('select sql from sqlite_schema where name = ?', String(index.name));
    const named = typeof text?.sql === 'string';
    return { ...index, name: named ? index.name : null, sql: named ? text?.sql : null, columns };
  });
}

const sorted = (rows: Record<string, unknown>[]) => rows.map((row) => JSON.stringify(row)).sort();
