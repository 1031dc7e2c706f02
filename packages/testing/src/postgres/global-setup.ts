/**
 * Before the first test of the project `postgres`: one server for the run, private unless the operator named one. The
 * tests' processes inherit where it is.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseUrl, type PostgresAddresses, RUN_PREFIX, VARIABLES } from './addresses.ts';
import { atAddresses, startPostgres } from './start.ts';

/** Vitest's form. */
export default async (): Promise<() => Promise<void>> => await startPostgresOfRun({ fsync: false });

/** Starts it, and tells the environment of this process where it is; gives what ends it. */
export async function startPostgresOfRun(options: { fsync: boolean }): Promise<() => Promise<void>> {
  const prefix = `tinyfat_${randomBytes(6).toString('hex')}_`;
  process.env[RUN_PREFIX] = prefix;
  const named = namedServer(process.env);
  if (named) {
    tell(named);
    return () => dropAll(named, prefix);
  }
  const started = await startPostgres(options);
  tell(started);
  return started.stop;
}

function tell(addresses: PostgresAddresses): void {
  process.env[VARIABLES.direct] = addresses.direct;
  process.env[VARIABLES.pooler] = addresses.pooler;
  process.env[VARIABLES.admin] = addresses.admin;
}

/** Databases of this run that are still there, templates among them. */
async function dropAll(addresses: PostgresAddresses, run: string): Promise<void> {
  const client = new pg.Client(databaseUrl(addresses.direct, 'postgres'));
  await client.connect();
  const found = await client.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [run],
  );
  await client.end();
  const { dropDatabase } = atAddresses(addresses);
  for (const { datname } of found.rows) await dropDatabase(datname);
}

/**
 * `DATABASE_TEST_URL`, of a role that may create databases; the database that it names is not used.
 * `DATABASE_TEST_POOLER_URL` is the pooler in front of it; there is none by default.
 */
function namedServer(environment: NodeJS.ProcessEnv): PostgresAddresses | null {
  const { DATABASE_TEST_URL: direct, DATABASE_TEST_POOLER_URL: pooler } = environment;
  if (!direct) return null;
  return { direct: server(direct), pooler: server(pooler || direct), admin: server(direct) };
}

/** Without the name of a database. */
function server(address: string): string {
  const url = new URL(address);
  url.pathname = '';
  return url.href;
}
