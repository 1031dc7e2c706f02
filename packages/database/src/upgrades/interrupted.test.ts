/** An upgrade is there as a whole or not at all, whoever else comes at the same time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqlite } from '../sqlite.ts';
import { schemaOf } from '../test-support/schema-of.ts';
import { fixtureNames, makeFixture, rowsOf } from './fixtures.ts';

const DIE = fileURLToPath(new URL('../test-support/open-and-die.ts', import.meta.url));
const [oldest = ''] = fixtureNames;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinyfat-upgrade-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Opens the database in a process of its own that dies at the statement; gives the signal that ended it. */
async function openAndDie(path: string, statement: number): Promise<string | number | null> {
  const child = spawn(process.execPath, [DIE, path, String(statement)], { stdio: 'inherit' });
  const [code, signal] = await once(child, 'exit');
  return signal ?? code;
}

it('leaves the old database where the process is killed in the middle, and the next one upgrades it', async () => {
  const path = join(folder, 'tinyfat.sqlite');
  const fresh = join(folder, 'fresh.sqlite');
  await (await openSqlite(fresh)).destroy();
  makeFixture(oldest, path);
  const before = { schema: schemaOf(path), rows: rowsOf(path) };
  // From the first statement of the transaction over the copy and the tables that are made anew to its end.
  let died = 0;
  for (const statement of [0, 2, 9, 40, 70, 90]) {
    if ((await openAndDie(path, statement)) !== 'SIGKILL') break;
    died += 1;
    expect(schemaOf(path)).toEqual(before.schema);
    expect(rowsOf(path)).toEqual(before.rows);
  }
  expect(died).toBeGreaterThan(4);
  await (await openSqlite(path)).destroy();
  expect(schemaOf(path)).toEqual(schemaOf(fresh));
  expect(rowsOf(path).deliveries).toHaveLength(before.rows.deliveries?.length ?? 0);
  expect(rowsOf(`${path}.before-upgrade`)).toEqual(before.rows);
  expect(existsSync(`${path}.before-upgrade.unfinished`)).toBe(false);
});

it('happens once when several open the old database together, and the copy is of the old one', async () => {
  const path = join(folder, 'tinyfat.sqlite');
  makeFixture(oldest, path);
  const before = { schema: schemaOf(path), rows: rowsOf(path) };
  const fewer = 1_000_000;
  expect(await Promise.all([1, 2, 3].map(() => openAndDie(path, fewer)))).toEqual([0, 0, 0]);
  expect(rowsOf(path).mails).toHaveLength(before.rows.mails?.length ?? 0);
  expect(schemaOf(`${path}.before-upgrade`)).toEqual(before.schema);
  expect(rowsOf(`${path}.before-upgrade`)).toEqual(before.rows);
});
