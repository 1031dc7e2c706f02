/** A database of a later version is refused, and nothing is written. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NewerDatabaseError } from '../migrate.ts';
import { migrations } from '../migrations/index.ts';
import { openSqlite } from '../sqlite/open.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinyfat-newer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A database that has gone through one more migration than this program has. */
async function makeNewer(migration: string): Promise<string> {
  const path = join(folder, 'tinyfat.sqlite');
  await (await openSqlite(path)).destroy();
  const db = new DatabaseSync(path);
  db.prepare('insert into kysely_migration values (?, ?)').run(migration, new Date().toISOString());
  db.exec('create table of_tomorrow (id text)');
  db.close();
  return path;
}

it('names the migration that is not known, the last one that is, and what to do', async () => {
  const path = await makeNewer('9001-tomorrow');
  const bytes = readFileSync(path);
  const refused = await openSqlite(path).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(NewerDatabaseError);
  const { message } = refused as NewerDatabaseError;
  expect(message).toContain(path);
  expect(message).toContain('has the migration 9001-tomorrow');
  expect(message).toContain(`ends with ${Object.keys(migrations).at(-1)}`);
  expect(message).toContain('Start the newer version again');
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(readdirSync(folder)).toEqual(['tinyfat.sqlite']);
});

it('shows a name out of the file without its control characters', async () => {
  const path = await makeNewer(`9\u001b[2J\n${'x'.repeat(500)}`);
  const refused = await openSqlite(path).catch((error: unknown) => String(error));
  expect(refused).toMatch(/^[ -~]{1,800}$/);
});
