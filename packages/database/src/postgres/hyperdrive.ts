/**
 * Postgres from a Worker, through Hyperdrive (developers.cloudflare.com/hyperdrive): a `Database` for one invocation, since
 * a Worker's connections end with it. Hyperdrive keeps the connections to the server, encrypts them, and gives them out for
 * a transaction at a time, as a pooler in transaction mode does.
 */
import { errorCode } from '@tinyfat/core';
import { sql } from 'kysely';
import pg from 'pg';
import { standingOf } from '../migrate.ts';
import { migrations } from '../migrations/index.ts';
import { PostgresError } from '../postgres-faults.ts';
import type { Database } from '../schema/index.ts';
import { MARK } from '../unfinished-copy.ts';
import { numericTypes, overPool } from './dialect.ts';
import { abandon, guard } from './guard.ts';
import { CauseKeepingDriver } from './lost-connections.ts';
import { refuseHiddenRows } from './own-role.ts';

export interface HyperdriveOptions {
  /** Connections at once, of this invocation. */
  connections?: number;
  /** How long a connection may take, and a statement wait for one, ms. */
  connectMs?: number;
  /** How long a statement may wait for its answer, ms; Hyperdrive itself ends one after a minute. */
  statementMs?: number;
  /** How long `destroy` waits for statements under way, ms. */
  destroyMs?: number;
}

/** A Worker has six to the outside at once, among them those to storage. */
const CONNECTIONS = 3;
const CONNECT_MS = 15_000;
const IDLE_MS = 10_000;
const STATEMENT_MS = 60_000;
const DESTROY_MS = 2000;
/** Names of at most so many databases are remembered as checked. */
const REMEMBERED = 8;
/** SQLSTATE of a statement about a table that there is not. */
const UNDEFINED_TABLE = '42P01';
/** What sentences call the database. */
const PLACE = 'The database behind HYPERDRIVE';

/** Databases, by host and name, that this isolate has found as this program knows them. A fact, so invocations share it. */
const known = new Set<string>();

/**
 * The database at `connectionString` of a Hyperdrive binding. Connects when the first statement comes; nothing is upgraded.
 * The first statement in an isolate looks whether the newest migration is the one that this program knows: every
 * statement rejects with `NewerDatabaseError`, or with a `PostgresError` `database_older` or `database_other_role`, as long
 * as it is not. Throws where the text is no address. `destroy` resolves soon, whatever happens, and never rejects.
 */
export function openHyperdrive(connectionString: string, options: HyperdriveOptions = {}): Database {
  const { connections = CONNECTIONS, connectMs = CONNECT_MS, statementMs = STATEMENT_MS } = options;
  const address = readConnectionString(connectionString);
  const pool = new pg.Pool({
    ...address,
    // As text an empty one would be looked for in the environment.
    password: () => address.password,
    application_name: 'tinyfat',
    // To Hyperdrive, which is in the same machine as the Worker; from there on it is encrypted.
    ssl: false,
    max: connections,
    types: numericTypes,
    connectionTimeoutMillis: connectMs,
    // A Durable Object, or a consumer of a queue, that waits for a turn holds none.
    idleTimeoutMillis: IDLE_MS,
  });
  const clients = new Set<pg.PoolClient>();
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    clients.add(client);
    guard(client, statementMs);
  });
  pool.on('remove', (client) => clients.delete(client));
  const db = overPool(pool, new CheckingDriver(pool, `${address.host}:${address.port}/${address.database}`));
  return withBoundedEnd(db, options.destroyMs ?? DESTROY_MS, () => {
    for (const client of clients) abandon(client, new Error('The invocation has ended'));
  });
}

/** `destroy` waits so long for what is under way, then ends that with `destroyAll`. */
function withBoundedEnd(db: Database, ms: number, destroyAll: () => void): Database {
  const destroy = db.destroy.bind(db);
  db.destroy = async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        destroyAll();
        resolve();
      }, ms);
    });
    // A connection that broke is as good as ended.
    await Promise.race([destroy().catch(() => {}), late]);
    clearTimeout(timer);
  };
  return db;
}

/** Gives connections once the database is known to be the one that this program was made for. */
class CheckingDriver extends CauseKeepingDriver {
  readonly #pool: pg.Pool;
  readonly #name: string;
  /** Of this invocation: a promise of another one can not be waited for. */
  #checking: Promise<void> | undefined;

  constructor(pool: pg.Pool, name: string) {
    super({ pool });
    this.#pool = pool;
    this.#name = name;
  }

  override async acquireConnection(...words: Parameters<CauseKeepingDriver['acquireConnection']>) {
    if (!known.has(this.#name)) await this.#check();
    return await super.acquireConnection(...words);
  }

  #check(): Promise<void> {
    this.#checking ??= checkStanding(overPool(this.#pool)).then(
      () => {
        if (known.size >= REMEMBERED) known.clear();
        known.add(this.#name);
      },
      (error) => {
        // It may be there, or upgraded, at the next statement.
        this.#checking = undefined;
        throw error;
      },
    );
    return this.#checking;
  }
}

async function checkStanding(db: Database): Promise<void> {
  if (await isCurrent(db)) return;
  await refuseHiddenRows(db);
  const { last, pending } = await standingOf(db, PLACE);
  const next = pending.at(0);
  if (next === undefined) return;
  const found = last === null ? 'has no tables' : `ends with the migration ${last}`;
  throw new PostgresError('database_older', `${PLACE} ${found}, and ${next} is missing.`);
}

/** One question, since the database may be far away. False wherever something is not as it should be. */
async function isCurrent(db: Database): Promise<boolean> {
  const own = Object.keys(migrations);
  try {
    const { rows } = await sql<{ names: string[]; unfinished: boolean }>`
      select array(select name from kysely_migration) as names, to_regclass(${MARK}) is not null as unfinished`.execute(
      db,
    );
    return rows.every(
      ({ names, unfinished }) =>
        !unfinished && names.length === own.length && own.every((name) => names.includes(name)),
    );
  } catch (error) {
    if (errorCode(error) === UNDEFINED_TABLE) return false;
    throw error;
  }
}

interface ConnectionString {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** The text holds a password, so no message has it. */
function readConnectionString(text: string): ConnectionString {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '')
    throw new Error('The binding HYPERDRIVE has no address of a Postgres database.');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}
