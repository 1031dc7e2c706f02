/**
 * An empty database of this version, made once for all data folders of the tests: thirty migrations cost each server a tenth
 * of a second. Those that start on a folder without one are in docs-run.test.ts and command-line.test.ts.
 */
import { copyFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@tinyfat/database/sqlite';

/** Name of the variable that holds its path. */
const VARIABLE = 'TINYFAT_E2E_DATABASE';

/** Before the first test of e2e. */
export default async function makeDatabaseTemplate(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-e2e-database-'));
  const path = join(folder, 'tinyfat.sqlite');
  const db = await openSqlite(path);
  await db.destroy();
  process.env[VARIABLE] = path;
  return () => rm(folder, { recursive: true });
}

/** Puts a copy where a server on the data folder will look for it. */
export function copyDatabase(dataDir: string): void {
  const path = process.env[VARIABLE];
  if (path !== undefined) copyFileSync(path, join(dataDir, 'tinyfat.sqlite'));
}
