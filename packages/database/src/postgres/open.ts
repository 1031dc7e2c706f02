/** Opens a Postgres database, directly or through a pooler in transaction mode. */
import { sql } from 'kysely';
import pg from 'pg';
import { migrate, standingOf } from '../migrate.ts';
import { PostgresError } from '../postgres-faults.ts';
import type { Database } from '../schema/index.ts';
import { addressOf, connectionTo, during, type PostgresAddress } from './address.ts';
import { closeTables, openTables, tablesOfOthers } from './closed-tables.ts';
import { numericTypes, overPool } from './dialect.ts';
import { guard } from './guard.ts';
import { refuseHiddenRows } from './own-role.ts';

export interface PostgresOptions {
  /** `postgres://…`, as `readPostgresAddress` takes it; may be a transaction pooler. */
  url: string;
  /** For migrations: not a pooler, or one that keeps the session. The same server, database and user. */
  directUrl?: string;
  /** PEM certificates of the authorities of the server's certificate; null or absent: those that Node trusts. */
  authorities?: string | null;
  /** Connections at once, of this process. */
  connections?: number;
  /** How long a statement may wait for its answer, ms; not those of an upgrade. */
  statementMs?: number;
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
/** How long a statement may take; a pooler lets it wait for a server that is away for up to two minutes. */
const STATEMENT_MS = 60_000;
/** An upgrade waits for the one of another process and reads whole tables: as long as with SQLite. */
const UPGRADE_MS = 600_000;
/** What sentences call the database. */
export const PLACE = 'The database at DATABASE_URL';

/**
 * Brings the tables up to date, once for all who open the database at the same time, closes them to other roles, and
 * connects. Rejects with `NewerDatabaseError` or `PostgresError` before anything is written, or with a migration's
 * error, which leaves everything as it was.
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const [pooled, direct] = [addressOf(options.url), addressOf(options.directUrl ?? options.url)];
  const first = await during(direct, async () => {
    const db = connect(direct, {
      ...options,
      connections: 1,
      statementMs: UPGRADE_MS,
      onIdleError: () => {},
    });
    try {
      await upgrade(db, options);
      return await firstMigration(db);
    } finally {
      await db.destroy();
    }
  });
  const db = connect(pooled, options);
  try {
    await during(pooled, () => checkSame(db, first));
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** Connects to it as it is, when the first statement comes; nothing is upgraded or checked. */
export function connectPostgres(options: Omit<PostgresOptions, 'directUrl' | 'onUpgrade'>): Database {
  return connect(addressOf(options.url), options);
}

/** Connects to it as it is; nothing is migrated or checked. The password is in no message. Never throws. */
export function connect(
  address: PostgresAddress,
  {
    authorities = null,
    connections = CONNECTIONS,
    statementMs = STATEMENT_MS,
    onIdleError = () => {},
  }: Omit<PostgresOptions, 'url'>,
): Database {
  const pool = new pg.Pool({
    ...connectionTo(address, authorities),
    max: connections,
    types: numericTypes,
    connectionTimeoutMillis: CONNECT_MS,
  });
  pool.on('error', onIdleError);
  pool.on('connect', (client) => guard(client, statementMs));
  return overPool(pool);
}

async function upgrade(db: Database, { onUpgrade = () => {} }: PostgresOptions): Promise<void> {
  const before = await standingOf(db, PLACE);
  if (before.pending.length === 0 && (await openTables(db)).length === 0) return;
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
    const { last, pending } = await standingOf(tx, PLACE);
    const to = pending.at(-1);
    if (last === null) await refuseOthers(tx);
    if (to !== undefined) {
      await migrate(tx);
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
export async function firstMigration(db: Database): Promise<string | null> {
  const { rows } = await sql<{
    first: string | null;
  }>`select min(timestamp) as first from kysely_migration`.execute(db);
  return rows[0]?.first ?? null;
}

/** The URL that is used must lead to what was migrated, as a role that row level security hides nothing from. */
export async function checkSame(db: Database, first: string | null): Promise<void> {
  const there = await refuseHiddenRows(db);
  if (!there || (await firstMigration(db)) !== first)
    throw new PostgresError('database_differs', 'What was upgraded is not what would be used.');
}
