/** A database as text: what makes it again, one statement a line. */
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';

/**
 * Tables, their rows in order, then indexes, full-text indexes and triggers. Gives back the same bytes for the same
 * database.
 */
export function dumpSql(path: string): string {
  const db = new DatabaseSync(path);
  try {
    const objects = db
      .prepare(
        `select type, name, sql from sqlite_schema where sql is not null and name <> 'sqlite_sequence' order by rowid`,
      )
      .all();
    const virtual = objects.filter(({ sql }) => /^create virtual table/i.test(String(sql)));
    // A full-text index has tables of its own, which are made with it.
    const isOfVirtual = (table: unknown) => virtual.some(({ name }) => isPartOf(String(table), String(name)));
    const of = (type: string) =>
      objects.filter((object) => object.type === type && !isOfVirtual(object.name));
    const statements = of('table').map((table) => oneLine(String(table.sql)));
    for (const { name, sql } of of('table')) {
      for (const row of db.prepare(`select * from "${name}" ${orderOf(String(sql))}`).all()) {
        const values = Object.values(row).map(literal).join(', ');
        statements.push(`insert into "${name}" values (${values})`);
      }
    }
    statements.push(...of('index').map((index) => oneLine(String(index.sql))));
    for (const { name, sql } of virtual) {
      statements.push(oneLine(String(sql)));
      // The table of its words is read from the index itself.
      if (/using fts5\(/i.test(String(sql)))
        statements.push(`insert into "${name}" ("${name}") values ('rebuild')`);
    }
    statements.push(...of('trigger').map((trigger) => oneLine(String(trigger.sql))));
    return `${statements.join(';\n')};\n`;
  } finally {
    db.close();
  }
}

/** Whether a table is a full-text index or one of its own tables. */
export function isPartOf(table: string, index: string): boolean {
  return table === index || table.startsWith(`${index}_`);
}

/** The order of a table's rows, by the statement that made it: without a rowid it is that of its key by itself. */
export function orderOf(sql: string): string {
  return /without rowid/i.test(sql) ? '' : 'order by rowid';
}

/** No name or default of ours has a line break in it. */
const oneLine = (sql: string): string => sql.replace(/\s*\n\s*/g, ' ');

/** Texts of several lines are put together from their lines, so that a statement stays on one. */
function literal(value: SQLOutputValue): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') {
    return `'${value.replaceAll("'", "''").replaceAll('\r', "' || char(13) || '").replaceAll('\n', "' || char(10) || '")}'`;
  }
  return `x'${Buffer.from(value).toString('hex')}'`;
}
