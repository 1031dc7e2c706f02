/**
 * Before the first test of the project `postgres`: one server for the run, private unless the operator named one. The
 * tests' processes inherit where it is.
 */
import { type PostgresAddresses, VARIABLES } from './addresses.ts';
import { startPostgres } from './start.ts';

export default async function startPostgresOfRun(): Promise<() => Promise<void>> {
  const named = namedServer(process.env);
  const server = named ? { ...named, stop: async () => {} } : await startPostgres();
  for (const [what, variable] of Object.entries(VARIABLES)) {
    process.env[variable] = server[what as keyof PostgresAddresses];
  }
  return server.stop;
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
