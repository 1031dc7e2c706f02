/** Before the first test of the project `postgres`: one server for the run, private unless the operator named one. */
import type { TestProject } from 'vitest/node';
import type { PostgresAddresses } from './addresses.ts';
import { startPostgres } from './start.ts';

export default async function providePostgres(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const named = namedServer(process.env);
  if (named) {
    project.provide('postgres', named);
    return;
  }
  const { direct, pooler, admin, stop } = await startPostgres();
  project.provide('postgres', { direct, pooler, admin });
  return stop;
}

/**
 * `DATABASE_TEST_URL`, of a role that may create databases; its own database's name counts for nothing.
 * `DATABASE_TEST_POOLER_URL` is the pooler in front of it; there is none by default.
 */
function namedServer(environment: NodeJS.ProcessEnv): PostgresAddresses | null {
  const { DATABASE_TEST_URL: direct, DATABASE_TEST_POOLER_URL: pooler } = environment;
  if (!direct) return null;
  return { direct, pooler: pooler || direct, admin: direct };
}
