/** Looks at a Postgres database by the ways that are set, without changing anything. */
import pg from 'pg';
import { NewerDatabaseError, standingOf } from '../migrate.ts';
import type { Database } from '../schema/index.ts';
import { addressOf, connectionTo, during, type PostgresAddress, shownAddress } from './address.ts';
import { openTables } from './closed-tables.ts';
import { checkSame, connectPostgres, firstMigration, PLACE, type PostgresOptions } from './open.ts';

/** What one URL leads to. */
export interface PostgresWay {
  /** Without the password. */
  shown: string;
  /** Such as `15.18`. */
  version: string;
  isPooler: boolean;
  /** Whether what is committed is on the server's disk before its answer. */
  isDurable: boolean;
  /** `unencrypted`: by `sslmode=disable`, over a network. */
  tls: 'verified' | 'this machine' | 'unencrypted';
}

export interface PostgresLook {
  url: PostgresWay;
  /** Of `directUrl`. */
  direct: PostgresWay;
  /** `empty`: nobody has started with it yet. `newer`: a newer version of this program has. */
  state: 'empty' | 'older' | 'newer' | 'open';
  /** Tables that other roles could read. */
  openTables: string[];
  /** By `url`; for whoever looks to destroy. */
  db: Database;
}

const CONNECT_MS = 10_000;

/** Rejects with `PostgresError` where the database can not be used, or the two URLs lead to two databases. */
export async function lookIntoPostgres(
  options: Pick<PostgresOptions, 'url' | 'directUrl' | 'authorities'>,
): Promise<PostgresLook> {
  const { authorities = null, directUrl = options.url } = options;
  const [pooled, direct] = [addressOf(options.url), addressOf(directUrl)];
  const url = await during(pooled, () => tryWay(pooled, authorities));
  const ways = { url, direct: await during(direct, () => tryWay(direct, authorities)) };
  const db = connectPostgres({ ...options, connections: 2 });
  const migrated = connectPostgres({ ...options, url: directUrl, connections: 1 });
  try {
    return await during(pooled, async () => {
      const state = await stateOf(migrated);
      const found = { ...ways, state, db };
      if (state === 'empty') return { ...found, openTables: [] };
      await checkSame(db, await firstMigration(migrated));
      return { ...found, openTables: await openTables(migrated) };
    });
  } catch (error) {
    await db.destroy();
    throw error;
  } finally {
    await migrated.destroy();
  }
}

async function stateOf(db: Database): Promise<PostgresLook['state']> {
  try {
    const { last, pending } = await standingOf(db, PLACE);
    if (last === null) return 'empty';
    return pending.length > 0 ? 'older' : 'open';
  } catch (error) {
    if (error instanceof NewerDatabaseError) return 'newer';
    throw error;
  }
}

async function tryWay(address: PostgresAddress, authorities: string | null): Promise<PostgresWay> {
  const client = new pg.Client({
    ...connectionTo(address, authorities),
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; pid: number; durable: boolean }>(
      `select current_setting('server_version') as version, pg_backend_pid() as pid,
        current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off' as durable`,
    );
    const [found] = rows;
    const isRemote = !address.host.startsWith('/') && !/^(localhost|::1|127\..*)$/.test(address.host);
    return {
      shown: shownAddress(address),
      version: found?.version.split(' ')[0] ?? '',
      // A pooler gives out process ids of its own for cancelling.
      isPooler: Reflect.get(client, 'processID') !== found?.pid,
      isDurable: found?.durable ?? false,
      tls: address.tls === 'verify-full' ? 'verified' : isRemote ? 'unencrypted' : 'this machine',
    };
  } finally {
    // The connection may never have come about; its end is then not waited for.
    await Promise.race([client.end(), new Promise((resolve) => setImmediate(resolve))]);
  }
}
