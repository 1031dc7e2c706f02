/**
 * Copies all rows of one database into another, on any of the engines, so that the second can take the place of the
 * first. The target is brought to the source's schema, filled a batch at a time, compared table by table, and then brought
 * up to date. Killed at any point it goes on where it was. The source is only read, and stands still by the caller's
 * doing: one transaction that reads, or a lock on the file.
 */
import { sql } from 'kysely';
import { isPostgres } from '../engine.ts';
import { executedMigrations, migrate, standingOf } from '../migrate.ts';
import type { Database } from '../schema/index.ts';
import { forgetCopied, isUnfinished, lastCopied, mark, noteCopied, unmark } from '../unfinished-copy.ts';
import { type CopiedTable, tablesToCopy } from './catalogue.ts';
import { batchesOf, insertRows, keyOf, type Row, sumOf, type TableSum } from './rows.ts';

/** How far a copy is. `total` is the number of rows of the table. */
export type CopyProgress =
  | { step: 'resumed' }
  | { step: 'source_changed' }
  | { step: 'rows'; table: string; done: number; total: number }
  | { step: 'compared'; table: string; rows: number };

/** What came of it; `detail` is a sentence part. */
export type CopyResult =
  | { ok: true; tables: Readonly<Record<string, TableSum>> }
  | {
      ok: false;
      code: 'source_empty' | 'target_not_empty' | 'source_differs' | 'copy_differs';
      detail: string;
    };

interface CopyDeps {
  from: Database;
  to: Database;
  /** What sentences call the source. */
  fromPlace: string;
  /** Is awaited between two tables. */
  onProgress(progress: CopyProgress): void | Promise<void>;
  /** Is called in each transaction that makes tables in the target. */
  closeTables?(tx: Database): Promise<void>;
  /** Is called in the target's last transaction, on tables that are up to date and whole. */
  beforeEnd?(tx: Database): Promise<void>;
}

/** Copies. Rejects with `NewerDatabaseError` where a newer version has written the source, and as the databases do. */
export async function copyRows(deps: CopyDeps): Promise<CopyResult> {
  const { from, to, fromPlace, onProgress } = deps;
  if ((await standingOf(from, fromPlace)).last === null) {
    return { ok: false, code: 'source_empty', detail: `${fromPlace} holds no tables of tinyfat.` };
  }
  const begun = await begin(deps);
  if (!begun.ok) return begun;
  if (begun.resumed) onProgress({ step: 'resumed' });
  const tables = await tablesToCopy(to);
  const odd = differenceOf(tables, await tablesToCopy(from));
  if (odd !== null) return { ok: false, code: 'source_differs', detail: `${fromPlace} ${odd}.` };

  await fill(deps, tables);
  let compared = await compare(deps, tables);
  if (!compared.ok && begun.resumed) {
    onProgress({ step: 'source_changed' });
    await empty(to, tables);
    await fill(deps, tables);
    compared = await compare(deps, tables);
  }
  if (!compared.ok) return compared;
  await to.transaction().execute(async (tx) => {
    await countOn(tx, tables);
    await unmark(tx);
    await migrate(tx);
    await deps.closeTables?.(tx);
    await deps.beforeEnd?.(tx);
  });
  return compared;
}

type Begun = { ok: true; resumed: boolean } | Extract<CopyResult, { ok: false }>;

/** Makes the tables and marks the target, or finds what a copy before left. */
async function begin({ from, to, closeTables }: CopyDeps): Promise<Begun> {
  if (await isUnfinished(to)) return { ok: true, resumed: true };
  const wanted = await executedMigrations(from);
  return await to.transaction().execute(async (tx): Promise<Begun> => {
    const found = await executedMigrations(tx);
    for (const table of found.length === 0 ? [] : await tablesToCopy(tx)) {
      if (!(await isEmpty(tx, table))) {
        return { ok: false, code: 'target_not_empty', detail: `Its table ${table.name} has rows.` };
      }
    }
    const unwanted = found.filter((name) => !wanted.includes(name));
    if (unwanted.length > 0) {
      const detail = `Its tables are those of a newer version than the source's (${unwanted.join(', ')}).`;
      return { ok: false, code: 'target_not_empty', detail };
    }
    await migrate(tx, wanted);
    await mark(tx);
    await closeTables?.(tx);
    return { ok: true, resumed: false };
  });
}

async function isEmpty(db: Database, { name }: CopiedTable): Promise<boolean> {
  const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(db);
  return rows.length === 0;
}

/** How the source's tables are others than this program makes; null where they are not. */
function differenceOf(own: readonly CopiedTable[], source: readonly CopiedTable[]): string | null {
  for (const table of own) {
    const other = source.find(({ name }) => name === table.name);
    if (!other) return `has no table ${table.name}`;
    if (String(other.columns) !== String(table.columns))
      return `has other columns in its table ${table.name}`;
  }
  const more = source.find(({ name }) => !own.some((table) => table.name === name));
  return more ? 'has tables that tinyfat does not know' : null;
}

async function fill({ from, to, onProgress }: CopyDeps, tables: readonly CopiedTable[]): Promise<void> {
  for (const table of tables) {
    const total = await countOf(from, table);
    let done = await countOf(to, table);
    for await (const rows of batchesOf(from, table, await lastCopied(to, table.name))) {
      await to.transaction().execute(async (tx) => {
        await insertRows(tx, table, rows);
        await noteCopied(tx, table.name, keyOf(table, rows.at(-1) ?? {}));
      });
      done += rows.length;
      onProgress({ step: 'rows', table: table.name, done, total });
    }
  }
}

async function compare(
  { from, to, onProgress }: CopyDeps,
  tables: readonly CopiedTable[],
): Promise<CopyResult> {
  const sums: Record<string, TableSum> = {};
  for (const table of tables) {
    const [source, copy] = [await sumOf(from, table), await sumOf(to, table)];
    if (source.rows !== copy.rows || source.sha256 !== copy.sha256) {
      const detail = `Table ${table.name}: ${source.rows} rows in the source, ${copy.rows} in the copy, and they are not the same.`;
      return { ok: false, code: 'copy_differs', detail };
    }
    sums[table.name] = copy;
    await onProgress({ step: 'compared', table: table.name, rows: copy.rows });
  }
  return { ok: true, tables: sums };
}

/** What counts up goes on behind the highest number that was copied; SQLite does so by itself. */
async function countOn(tx: Database, tables: readonly CopiedTable[]): Promise<void> {
  for (const { name, sequence } of isPostgres(tx) ? tables : []) {
    if (sequence === null) continue;
    const column = sql.ref(sequence);
    await sql`
      select setval(pg_get_serial_sequence(${name}, ${sequence}), coalesce(max(${column}), 1), max(${column}) is not null)
      from ${sql.table(name)}`.execute(tx);
  }
}

async function empty(to: Database, tables: readonly CopiedTable[]): Promise<void> {
  await to.transaction().execute(async (tx) => {
    for (const { name } of tables.toReversed()) await sql`delete from ${sql.table(name)}`.execute(tx);
    await forgetCopied(tx);
  });
}

async function countOf(db: Database, { name }: CopiedTable): Promise<number> {
  const { rows } = await sql<Row & { count: number }>`
    select count(*) as count from ${sql.table(name)}`.execute(db);
  return Number(rows[0]?.count ?? 0);
}
