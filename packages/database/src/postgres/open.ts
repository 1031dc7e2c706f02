/** Opens a Postgres database, directly or through a pooler in transaction mode. */
import { sql } from 'kysely';
import pg from 'pg';
import { migrate, standingOf } from '../migrate.ts';
import type { Database } from '../schema/index.ts';
import { connectionTo, type PostgresAddress, readPostgresAddress, shownAddress } from './address.ts';
import { closeTables, openTables, tablesOfOthers } from './closed-tables.ts';
import { numericTypes, overPool } from './dialect.ts';
import { asPostgresError, PostgresError } from './faults.ts';

export interface PostgresOptions {
  /** `postgres://…`, as `readPostgresAddress` takes it; may be a transaction pooler. */
  url: string;
  /** For migrations: not a pooler, or one that keeps the session. The same server, database and user. */
  directUrl?: string;
  /** PEM certificates of the authorities of the server's certificate; null or absent: those that Node trusts. */
  authorities?: string | null;
  /** Connections at once, of this process. */
  connections?: number;
  /** Gets errors of connections that nobody uses at that moment; the pool opens new ones. */
  onIdleError?: (error: Error) => void;
  /** An upgrade that took place; names of migrations. */
  onUpgrade?: (upgrade: { from: string; to: string }) => void;
}

/** Any number that only our migrations lock: two processes that start at once upgrade one after the other. */
const MIGRATION_LOCK = 7_205_759_403_792_794;
const CONNECTIONS = 10;
/** How long a connection may take, and a statement wait for one, ms. */
const CONNECT_MS = 30_000;
const PLACE = 'The database at DATABASE_URL';

/**
 * Brings the tables up to date, once for all who open the database at the same time, closes them to other roles, and
 * connects. Rejects with `NewerDatabaseError` or `PostgresError` before anything is written, or with a migration's
 * error, which leaves everything as it was.
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { url, directUrl = url, connections = CONNECTIONS, onIdleError = () => {} } = options;
  const [pooled, direct] = [addressOf(url), addressOf(directUrl)];
  const first = await during(direct, async () => {
    const db = connect(direct, options, 1);
    try {
      await upgrade(db, options);
      return await firstMigration(db);
    } finally {
      await db.destroy();
    }
  });
  const db = connect(pooled, options, connections, onIdleError);
  try {
    await during(pooled, () => checkSame(db, first));
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** Connects to it as it is; nothing is migrated or checked. The password is in no message. Rejects never. */
export function connect(
  address: PostgresAddress,
  { authorities = null }: Pick<PostgresOptions, 'authorities'>,
  connections: number,
  onIdleError: (error: Error) => void = () => {},
): Database {
  const pool = new pg.Pool({
    ...connectionTo(address, authorities),
    max: connections,
    types: numericTypes,
    connectionTimeoutMillis: CONNECT_MS,
  });
  pool.on('error', onIdleError);
  return overPool(pool);
}

function addressOf(url: string): PostgresAddress {
  const read = readPostgresAddress(url);
  if (!read.ok) throw new Error(`The address of the database ${read.reason}.`);
  return read.address;
}

/** Gives known faults their code, and says what was asked. */
async function during<Result>(address: PostgresAddress, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asPostgresError(error, shownAddress(address));
  }
}

async function upgrade(db: Database, { onUpgrade = () => {} }: PostgresOptions): Promise<void> {
  const before = await standingOf(db, PLACE);
  if (before.last === null) await refuseOthers(db);
  if (before.pending.length === 0 && (await openTables(db)).length === 0) return;
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
    const { last, pending } = await standingOf(tx, PLACE);
    const to = pending.at(-1);
    if (to !== undefined) {
      // One of the first migrations calls it.
      await sql`create function instr(text, text) returns integer language sql immutable as 'select strpos($1, $2)'`.execute(
        tx,
      );
      await migrate(tx);
      await sql`drop function instr(text, text)`.execute(tx);
      if (last !== null) onUpgrade({ from: last, to });
    }
    await closeTables(tx);
  });
}

async function refuseOthers(db: Database): Promise<void> {
  const [one, ...more] = await tablesOfOthers(db);
  if (one === undefined) return;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  throw new PostgresError('database_foreign', `There is a table ${one}${others}, and none of tinyfat.`);
}

/** When the first migration ran: two databases that were made apart have two moments. */
async function firstMigration(db: Database): Promise<string | null> {
  const { rows } = await sql<{
    first: string | null;
  }>`select min(timestamp) as first from kysely_migration`.execute(db);
  return rows[0]?.first ?? null;
}

/** The URL that is used must lead to what was migrated, as a role that row level security hides nothing from. */
async function checkSame(db: Database, first: string | null): Promise<void> {
  const { rows } = await sql<{ there: boolean; hidden: boolean | null; as: string }>`
    select to_regclass('kysely_migration') is not null as there, current_user as as,
      row_security_active(to_regclass('kysely_migration')) as hidden`.execute(db);
  const [found] = rows;
  if (found?.hidden) throw new PostgresError('database_other_role', `It is signed in as ${found.as}.`);
  if (!found?.there || (await firstMigration(db)) !== first)
    throw new PostgresError('database_differs', 'What was upgraded is not what would be used.');
}
