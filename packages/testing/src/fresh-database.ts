/**
 * Databases without rows, quicker than by their migrations: those run once, then what they made is copied. Tests of the
 * Vitest project `postgres` get Postgres, through the pooler; all others SQLite.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@tinyfat/database';
import { connectPostgres, openPostgres } from '@tinyfat/database/postgres';
import { openSqlite } from '@tinyfat/database/sqlite';
import { addressesOfRun, databaseName, RUN_PREFIX } from './postgres/addresses.ts';
import { atAddresses, type TestPostgres } from './postgres/start.ts';

let migrated: Promise<Uint8Array> | undefined;
let template: Promise<string> | undefined;
let server: TestPostgres | undefined;

/** Opens a database at a path where there is none yet, as `openSqlite` does; on Postgres the path only names it. */
export async function openFreshDatabase(path: string): Promise<Database> {
  if (process.env.TEST_ENGINE === 'postgres') return await openFreshPostgres(path);
  await putFreshDatabase(path);
  return await openSqlite(path);
}

/** Puts a SQLite database without rows where there is none yet, whatever the engine of the run: for who opens it by itself. */
export async function putFreshDatabase(path: string): Promise<void> {
  migrated ??= migrate();
  await writeFile(path, await migrated, { flag: 'wx' });
}

/** Opens the same database once more, as another process would. */
export async function openDatabaseAgain(path: string): Promise<Database> {
  if (process.env.TEST_ENGINE === 'postgres')
    return connectPostgres({ url: serverOfRun().poolerUrl(nameOf(path)) });
  return await openSqlite(path);
}

async function migrate(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-fresh-'));
  const path = join(folder, 'fresh.sqlite');
  await (await openSqlite(path)).destroy();
  const bytes = await readFile(path);
  await rm(folder, { recursive: true });
  return bytes;
}

async function openFreshPostgres(path: string): Promise<Database> {
  const { url, drop } = await makeFreshPostgres(path);
  const db = connectPostgres({ url });
  const destroy = db.destroy.bind(db);
  // A run makes some thousand of them, each of 8 MB.
  db.destroy = async () => {
    await destroy();
    await drop();
  };
  return db;
}

/** A Postgres database without rows for a server of its own: through the pooler, and directly. `path` only names it. */
export async function makeFreshPostgres(
  path: string,
): Promise<{ url: string; directUrl: string; drop(): Promise<void> }> {
  const server = serverOfRun();
  template ??= makeTemplate(server);
  const name = nameOf(path);
  await server.createDatabase(name, await template);
  return {
    url: server.poolerUrl(name),
    directUrl: server.url(name),
    drop: () => server.dropDatabase(name),
  };
}

/** One for each process that runs tests. */
async function makeTemplate(server: TestPostgres): Promise<string> {
  const name = databaseName(process.env);
  await server.createDatabase(name);
  await (await openPostgres({ url: server.url(name) })).destroy();
  return name;
}

function serverOfRun(): TestPostgres {
  server ??= atAddresses(addressesOfRun(process.env));
  return server;
}

function nameOf(path: string): string {
  return `${process.env[RUN_PREFIX]}${createHash('sha256').update(path).digest('hex').slice(0, 24)}`;
}
