import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namedRawKeys } from './mails.ts';
import type { Database } from './schema/index.ts';

describe('the keys of stored messages', () => {
  let folder: string;
  let db: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-raw-keys-'));
    db = await openFreshDatabase(join(folder, 'k.sqlite'));
    await sql`pragma foreign_keys = off`.execute(db);
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  /** Columns whose name says that they hold a key of the raw mail store, whatever table they are in. */
  async function rawColumns(): Promise<{ table: string; column: string }[]> {
    const found = await sql<{ table: string; column: string }>`
      select tables.name as "table", columns.name as "column"
      from sqlite_master as tables join pragma_table_info(tables.name) as columns
      where tables.type = 'table' and columns.name like '%raw%key%'`.execute(db);
    return found.rows;
  }
  /** A row with a key in that column, and anything in the others that must hold something. */
  async function insert(table: string, column: string, key: string): Promise<void> {
    const columns = await sql<{ name: string; type: string; notnull: number; pk: number }>`
      select name, type, "notnull", pk from pragma_table_info(${table})`.execute(db);
    const needed = columns.rows.filter(({ name, notnull, pk, type }) =>
      name === column ? true : notnull === 1 && !(pk === 1 && type.toLowerCase() === 'integer'),
    );
    const values = needed.map(({ name, type }) =>
      name === column ? sql`${key}` : /int/i.test(type) ? sql`1` : sql`${`${table}-x`}`,
    );
    const names = needed.map(({ name }) => sql.ref(name));
    await sql`insert into ${sql.table(table)} (${sql.join(names)}) values (${sql.join(values)})`.execute(db);
  }

  it('are found in every table that names one', async () => {
    const columns = await rawColumns();
    expect(columns.length).toBeGreaterThanOrEqual(3);
    for (const { table, column } of columns) await insert(table, column, `key-of-${table}`);
    const keys = columns.map(({ table }) => `key-of-${table}`);
    expect(await namedRawKeys(db, [...keys, 'in-no-row'])).toEqual(new Set(keys));
  });

  it('are found by an index, however many rows there are', async () => {
    for (const { table } of await rawColumns()) {
      const plan = await sql<{ detail: string }>`
        explain query plan select raw_key from ${sql.table(table)} where raw_key in ('a', 'b')`.execute(db);
      expect(plan.rows.map(({ detail }) => detail).join()).toMatch(/^SEARCH .*INDEX/);
    }
  });
});
