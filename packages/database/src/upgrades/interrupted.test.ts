/** An upgrade is there as a whole or not at all, whoever else comes at the same time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqlite } from '../sqlite/open.ts';
import { schemaOf } from '../test-support/schema-of.ts';
import { fixtureNames, makeFixture, rowsOf } from './fixtures.ts';

const DIE = fileURLToPath(new URL('../test-support/open-and-die.ts', import.meta.url));
const [oldest = ''] = fixtureNames;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinyfat-upgrade-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The one copy of the database from before. */
function copyIn(place: string): string {
  return join(place, readdirSync(place).find((name) => name.includes('.before-')) ?? 'no copy');
}

/** More than any upgrade has. */
const NEVER = 1_000_000;

/** Opens the database in a process that dies at the statement; gives the signal, or how many statements there were. */
async function openAndDie(path: string, statement: number): Promise<string> {
  const child = spawn(process.execPath, [DIE, path, String(statement)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const [, signal] = await once(child, 'close');
  return signal ?? printed;
}

it('leaves the old database where the process is killed in the middle, and the next one upgrades it', async () => {
  const path = join(folder, 'tinyfat.sqlite');
  const fresh = join(folder, 'fresh.sqlite');
  await (await openSqlite(fresh)).destroy();
  makeFixture(oldest, path);
  const before = { schema: schemaOf(path), rows: rowsOf(path) };
  const undisturbed = join(folder, 'undisturbed.sqlite');
  makeFixture(oldest, undisturbed);
  const total = Number(await openAndDie(undisturbed, NEVER));
  expect(total).toBeGreaterThan(20);
  // From the begin of the transaction to its commit.
  for (const part of [0, 0.5, 1]) {
    expect(await openAndDie(path, Math.round((total - 1) * part))).toBe('SIGKILL');
    expect(schemaOf(path)).toEqual(before.schema);
    expect(rowsOf(path)).toEqual(before.rows);
  }
  await (await openSqlite(path)).destroy();
  expect(schemaOf(path)).toEqual(schemaOf(fresh));
  expect(rowsOf(path).deliveries).toHaveLength(before.rows.deliveries?.length ?? 0);
  // Whoever was killed before left the copy, or a beginning of it, and the next one made it anew.
  expect(readdirSync(folder).filter((name) => name.startsWith('tinyfat.sqlite.before-'))).toHaveLength(1);
  expect(rowsOf(copyIn(folder))).toEqual(before.rows);
});

it('happens once when several open the old database together, and the copy is of the old one', async () => {
  const path = join(folder, 'tinyfat.sqlite');
  makeFixture(oldest, path);
  const before = { schema: schemaOf(path), rows: rowsOf(path) };
  const statements = await Promise.all([1, 2, 3].map(() => openAndDie(path, NEVER)));
  // Those that came too late waited, and found nothing to do.
  expect(statements.map(Number).filter((count) => count > 20)).toHaveLength(1);
  expect(rowsOf(path).mails).toHaveLength(before.rows.mails?.length ?? 0);
  expect(schemaOf(copyIn(folder))).toEqual(before.schema);
  expect(rowsOf(copyIn(folder))).toEqual(before.rows);
});
