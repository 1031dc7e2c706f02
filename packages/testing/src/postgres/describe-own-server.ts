/** Tests that start a server of their own, or need a superuser, or roles that a server may not have. */
import { describe } from 'vitest';

/** `describe`, but skipped where the operator named a server in DATABASE_TEST_URL, and the title says so. */
export function describeOwnServer(name: string, tests: () => void): void {
  if (process.env.DATABASE_TEST_URL) describe.skip(`${name} (skipped with DATABASE_TEST_URL)`, tests);
  else describe(name, tests);
}
