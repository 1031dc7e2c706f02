/**
 * Brings the tables of any database that a version of this program has made up to date, in one transaction: a process
 * that is killed in the middle leaves the old database, and two that start at once upgrade it once.
 */
import { printableAscii, renderError } from '@tinyfat/core';
import { type Kysely, sql, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import { isPostgres } from './engine.ts';
import { migrations } from './migrations/index.ts';
import type { Schema } from './schema/index.ts';
import { isUnfinished, UnfinishedCopyError } from './unfinished-copy.ts';

/** Names under which migrations landed before they got the one that they have; the text is the same. */
const RENAMED: Readonly<Record<string, string>> = { '0009-held': '0005-held' };

/** A database with a migration that this program does not know. The message has its next step; `detail` is this case. */
export class NewerDatabaseError extends Error {
  override name = 'NewerDatabaseError';
  readonly code = 'database_newer';
  readonly detail: string;

  constructor(detail: string) {
    super(renderError('database_newer', detail));
    this.detail = detail;
  }
}

/** How far a database has come, in names of migrations; `last` is null in an empty one. */
interface Standing {
  last: string | null;
  /** Those that are to come, in order. */
  pending: string[];
}

/**
 * Looks, and changes nothing. Rejects with `NewerDatabaseError` or `UnfinishedCopyError`; `place` is what the sentence
 * calls the database.
 */
export async function standingOf(db: Kysely<Schema>, place: string): Promise<Standing> {
  if (await isUnfinished(db)) throw new UnfinishedCopyError(place);
  const executed = await executedMigrations(db);
  const newer = unknownMigrations(executed);
  const own = Object.keys(migrations).sort();
  if (newer.length > 0)
    throw new NewerDatabaseError(newerDetail(place, newer.at(-1) ?? '', own.at(-1) ?? ''));
  return {
    last: [...executed].sort().at(-1) ?? null,
    pending: own.filter((name) => !executed.includes(name)),
  };
}

/**
 * Runs what is pending, or of that only what is named. Branches have landed in another order than their numbers say, so a migration may run after one
 * with a higher number: none relies on tables of another that could be missing.
 */
export async function migrate(
  tx: Transaction<Schema>,
  names: readonly string[] = Object.keys(migrations),
): Promise<void> {
  const untyped = tx.withTables<{ kysely_migration: { name: string; timestamp: string } }>();
  if (await hasMigrationTable(tx)) {
    for (const [old, name] of Object.entries(RENAMED)) {
      await untyped.updateTable('kysely_migration').set({ name }).where('name', '=', old).execute();
    }
  }
  // One of the first migrations calls it.
  if (isPostgres(tx)) {
    await sql`create function instr(text, text) returns integer language sql immutable as 'select strpos($1, $2)'`.execute(
      tx,
    );
  }
  const { error } = await new Migrator({
    db: tx,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(Object.entries(migrations).filter(([name]) => names.includes(name))),
    },
    allowUnorderedMigrations: true,
  }).migrateToLatest();
  if (error) throw error;
  if (isPostgres(tx)) await sql`drop function instr(text, text)`.execute(tx);
}

/** Those of the names that no migration of this program has or had: a newer version ran them. In order. */
export function unknownMigrations(names: readonly string[]): string[] {
  return names.filter((name) => !Object.hasOwn(migrations, nowNamed(name))).sort();
}

function nowNamed(name: string): string {
  return RENAMED[name] ?? name;
}

/** Those that have run, by the names that they have now. */
export async function executedMigrations(db: Kysely<Schema>): Promise<string[]> {
  if (!(await hasMigrationTable(db))) return [];
  const rows = await db
    .withTables<{ kysely_migration: { name: string; timestamp: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map(({ name }) => nowNamed(name));
}

async function hasMigrationTable(db: Kysely<Schema>): Promise<boolean> {
  // Other schemas of a server, as Supabase has them, may hold one of something else. Read from the catalogue itself:
  // within a transaction `to_regclass` may answer from what this session looked up before it waited for a lock.
  if (isPostgres(db)) {
    const found = sql<{
      there: boolean;
    }>`select exists (select from pg_class where relname = 'kysely_migration'
      and relnamespace = current_schema()::regnamespace) as there`;
    return (await found.execute(db)).rows[0]?.there ?? false;
  }
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  return tables.some(({ name }) => name === 'kysely_migration');
}

function newerDetail(place: string, newest: string, own: string): string {
  // The name comes out of a file.
  return `${place} has the migration ${printableAscii(newest, 60)}, and this program ends with ${own}.`;
}
