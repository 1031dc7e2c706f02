/**
 * What `../fresh-database.ts` is for Node, for tests in workerd: each asks for a database without rows and gets a copy of
 * the run's template, through the binding HYPERDRIVE. Locally that is a plain way to the pooler, to which the connection
 * itself names the database; so one binding leads to all of them.
 */
import { env } from 'cloudflare:workers';
import type { Database } from '@tinyfat/database';
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import pg from 'pg';
import { databaseUrl } from '../postgres/addresses.ts';
import type { HyperdriveOfRun } from './global-setup.ts';

type Bindings = HyperdriveOfRun['bindings'] &
  Record<keyof HyperdriveOfRun['hyperdrives'], { connectionString: string }>;

const { TEMPLATE, PREFIX, ...ways } = env as unknown as Bindings;

export { TEMPLATE };

/** Names of databases by the paths that tests know them by. */
const names = new Map<string, string>();

/** A copy of the template that is gone when it is destroyed. */
export async function openFreshDatabase(path: string): Promise<Database> {
  const name = await createDatabase(TEMPLATE);
  names.set(path, name);
  const db = openHyperdrive(wayTo(name));
  const destroy = db.destroy;
  db.destroy = async () => {
    await destroy();
    await dropDatabase(name);
  };
  return db;
}

/** Opens the same database once more, as another invocation would. */
export async function openDatabaseAgain(path: string): Promise<Database> {
  const name = names.get(path);
  if (name === undefined) throw new Error(`No test has opened ${path}`);
  return openHyperdrive(wayTo(name));
}

/** What HYPERDRIVE would say if it led to that database. */
export function wayTo(name: string): string {
  return databaseUrl(ways.HYPERDRIVE.connectionString, name);
}

/** What HYPERDRIVE would say if its database refused connections. */
export function wayToNobody(): string {
  return ways.AWAY.connectionString;
}

/** What it would say if its database took connections and never answered. */
export function wayToSilence(): string {
  return ways.SILENT.connectionString;
}

/** An empty database of the role `tinyfat`, or a copy of another; gives its name. */
export async function createDatabase(template = 'template1'): Promise<string> {
  const name = `${PREFIX}${crypto.randomUUID().replaceAll('-', '')}`;
  await run(ways.OWNER, `create database ${name} template ${template} strategy file_copy`);
  return name;
}

/** Ends what is connected to it. */
export async function dropDatabase(name: string): Promise<void> {
  await run(ways.ADMIN, `drop database if exists ${name} with (force)`);
}

/** Runs statements as a superuser in that database; gives the rows of the last one. */
export async function asAdmin(database: string, statement: string): Promise<unknown[]> {
  return await run({ connectionString: databaseUrl(ways.ADMIN.connectionString, database) }, statement);
}

async function run({ connectionString }: { connectionString: string }, statement: string) {
  const client = new pg.Client(connectionString);
  client.on('error', () => {});
  await client.connect();
  try {
    const last = [await client.query(statement)].flat().at(-1);
    return last?.rows ?? [];
  } finally {
    await client.end();
  }
}
