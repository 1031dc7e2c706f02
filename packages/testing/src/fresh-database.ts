/**
 * Databases without rows, quicker than by their migrations: those run once, then what they made is copied. Tests of the
 * Vitest project `postgres` get Postgres, through the pooler; all others SQLite.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@tinyfat/database';
import { openPostgres } from '@tinyfat/database/postgres';
import { openSqlite } from '@tinyfat/database/sqlite';
import pg from 'pg';

let migrated: Promise<Uint8Array> | undefined;
let template: Promise<string> | undefined;

/** Opens a database at a path where there is none yet, as `openSqlite` does; on Postgres the path only names it. */
export async function openFreshDatabase(path: string): Promise<Database> {
  if (process.env.TEST_ENGINE === 'postgres') return await openFreshPostgres(path);
  migrated ??= migrate();
  await writeFile(path, await migrated, { flag: 'wx' });
  return await openSqlite(path);
}

/** Opens the same database once more, as another process would. */
export async function openDatabaseAgain(path: string): Promise<Database> {
  if (process.env.TEST_ENGINE === 'postgres') return await openPostgres(urlsOf(nameOf(path)));
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
  template ??= makeTemplate();
  const name = nameOf(path);
  const from = await template;
  await asAdmin((client) => client.query(`create database ${name} template ${from}`));
  const db = await openPostgres(urlsOf(name));
  const destroy = db.destroy.bind(db);
  // A run makes some thousand of them, each of 8 MB.
  db.destroy = async () => {
    await destroy();
    await asAdmin((client) => client.query(`drop database if exists ${name} with (force)`));
  };
  return db;
}

/** Made by the first process of a run that asks; the others wait for it. */
async function makeTemplate(): Promise<string> {
  const name = 'tinyfat_template';
  await asAdmin(async (client) => {
    await client.query('select pg_advisory_lock(1)');
    const made = await client.query('select datistemplate from pg_database where datname = $1', [name]);
    if (made.rows[0]?.datistemplate) return;
    await client.query(`drop database if exists ${name}`);
    await client.query(`create database ${name}`);
    await (await openPostgres({ url: direct(name) })).destroy();
    await client.query(`alter database ${name} with is_template true`);
  });
  return name;
}

async function asAdmin(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(direct('postgres'));
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function nameOf(path: string): string {
  return `tinyfat_${createHash('sha256').update(path).digest('hex').slice(0, 24)}`;
}

function urlsOf(name: string): { url: string; directUrl: string } {
  return { url: url('TEST_POSTGRES_POOLER_URL', name), directUrl: direct(name) };
}

function direct(name: string): string {
  return url('TEST_POSTGRES_URL', name);
}

function url(variable: string, database: string): string {
  const server = process.env[variable];
  if (!server) throw new Error(`${variable} is not set: run the tests through the README's command`);
  return `${server}/${database}`;
}
