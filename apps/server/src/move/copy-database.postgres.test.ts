/** Whole moves between a file and Postgres: a process that is killed at any point, a backup of Postgres, what is refused. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { lookIntoPostgres, readPostgresAddress, withPostgres } from '@tinyfat/database/postgres';
import { openSqlite } from '@tinyfat/database/sqlite';
import { addressesOfRun, databaseUrl } from '@tinyfat/testing/postgres/addresses';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFixture, rowsOf } from '../../../../packages/database/src/upgrades/fixtures.ts';
import { restoreBackup } from '../backup/restore.ts';
import { writeBackup } from '../backup/write-backup.ts';
import { configuredDatabase, openDataFolder } from '../data-folder.ts';
import { lockDataFolder } from '../files/lock.ts';
import { copyDatabase } from './copy-database.ts';
import { type DatabasePlace, databasePlace } from './database-place.ts';

const server = addressesOfRun(process.env).direct;
let root: string;
let name: string;
beforeEach(async () => {
  root = mkdtempSync(join(scratchFolder(), 'tinyfat-move-'));
  name = `tinyfat_move_${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  await asAdmin(`create database ${name}`);
  mkdirSync(join(root, 'data'));
  makeFixture('0014-awaiting-approval', join(root, 'data/tinyfat.sqlite'));
  await (await openSqlite(join(root, 'data/tinyfat.sqlite'))).destroy();
  rmSync(join(root, 'data/tinyfat.sqlite.before-0015-leases'), { force: true });
});
afterEach(async () => {
  await asAdmin(`drop database if exists ${name} with (force)`);
  rmSync(root, { recursive: true, force: true });
});

async function asAdmin(statement: string): Promise<void> {
  const read = readPostgresAddress(databaseUrl(server, 'postgres'));
  if (!read.ok) throw new Error(read.reason);
  await withPostgres({ address: read.address, authorities: null }, (db) => sql.raw(statement).execute(db));
}
const url = () => databaseUrl(server, name);
function place(text: string): DatabasePlace {
  const read = databasePlace(text, null);
  if (!read.ok) throw new Error(read.reason);
  return read.place;
}
const copy = (from: string, to: string) => copyDatabase(place(from), place(to), () => {});
function sorted(path: string): Record<string, string[]> {
  const rows = Object.entries(rowsOf(path)).filter(([table]) => table !== 'locks');
  return Object.fromEntries(
    rows.map(([table, all]) => [table, all.map((row) => JSON.stringify(row)).sort()]),
  );
}

it('goes to Postgres and back, with nobody else let in, and the server goes on with it', async () => {
  expect(await copy(join(root, 'data'), url())).toMatchObject({ ok: true });
  const look = await lookIntoPostgres({ url: url(), authorities: null });
  await look.db.destroy();
  expect(look).toMatchObject({ state: 'open', openTables: [] });
  mkdirSync(join(root, 'back'));
  expect(await copy(url(), join(root, 'back/tinyfat.sqlite'))).toMatchObject({ ok: true });
  expect(sorted(join(root, 'back/tinyfat.sqlite'))).toEqual(sorted(join(root, 'data/tinyfat.sqlite')));
  const database = { url: url(), directUrl: url(), authorities: null };
  const data = await openDataFolder({ dataDir: join(root, 'elsewhere'), database });
  expect((await data.db.selectFrom('agents').select('name').execute()).length).toBeGreaterThan(0);
  await data.close();
});

it('killed again and again it goes on, and is the same in the end', async () => {
  const source = new DatabaseSync(join(root, 'data/tinyfat.sqlite'));
  source.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000)
    insert into sign_in_attempts (kind, subject, at) select 'mail_network', 'net-' || i, i from n`);
  source.close();
  const program = `
    const { copyDatabase } = await import(${JSON.stringify(new URL('./copy-database.ts', import.meta.url).href)});
    const { databasePlace } = await import(${JSON.stringify(new URL('./database-place.ts', import.meta.url).href)});
    const [from, to] = process.argv.slice(1).map((text) => databasePlace(text, null).place);
    const end = Number(process.argv[3]);
    let news = 0;
    await copyDatabase(from, to, () => { if (++news === end) process.kill(process.pid, 'SIGKILL'); });
    process.stdout.write('done');`;
  let killed = 0;
  for (const end of [3, 2, 4, 2, 9, 20, 1_000_000]) {
    const words = ['--input-type=module', '-e', program, join(root, 'data'), url(), String(end)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [, signal] = await once(child, 'exit');
    if (signal === 'SIGKILL') killed += 1;
    if (signal === null) break;
    const database = { url: url(), directUrl: url(), authorities: null };
    await expect(openDataFolder({ dataDir: join(root, 'elsewhere'), database })).rejects.toThrow(
      'was not finished',
    );
  }
  expect(killed).toBeGreaterThan(3);
  mkdirSync(join(root, 'back'));
  expect(await copy(url(), join(root, 'back/tinyfat.sqlite'))).toMatchObject({ ok: true });
  expect(sorted(join(root, 'back/tinyfat.sqlite'))).toEqual(sorted(join(root, 'data/tinyfat.sqlite')));
});

it('refuses a file that a server works on, a database with rows, and the same one twice', async () => {
  const lock = lockDataFolder(join(root, 'data'));
  if (!lock.ok) throw new Error(lock.reason);
  const locked = await copy(join(root, 'data'), url());
  expect(locked).toMatchObject({ ok: false, reason: expect.stringMatching(/Another tinyfat is running/) });
  lock.release();
  expect(await copy(join(root, 'data'), url())).toMatchObject({ ok: true });
  expect(await copy(join(root, 'data'), url())).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/has rows/),
  });
  expect(await copy(url(), url())).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/the same database/),
  });
  const nowhere = await copy(join(root, 'none/tinyfat.sqlite'), url());
  expect(nowhere).toMatchObject({ ok: false, reason: expect.stringMatching(/There is no file/) });
  await expect(copy(join(root, 'data'), databaseUrl(server, 'none_of_it'))).rejects.toThrow(/none_of_it/);
});

it('a backup of Postgres is restored into a file, and one of a file into Postgres', async () => {
  await copy(join(root, 'data'), url());
  const database = { url: url(), directUrl: url(), authorities: null };
  const settings = { dataDir: join(root, 'on-postgres'), database };
  const archives: Uint8Array[][] = [];
  for (const one of [settings, { dataDir: join(root, 'data'), database: null }]) {
    const data = await openDataFolder(one);
    for (const { id } of await data.db.selectFrom('agents').select('id').execute()) {
      await data.folders.create(id, { 'MEMORY.md': id });
    }
    const archive: Uint8Array[] = [];
    const deps = {
      ...data,
      database: configuredDatabase(one),
      scratch: join(root, 'scratch.sqlite'),
      clock: Date.now,
      version: '0.1.0',
      waitMs: 0,
      onProgress: () => {},
      onLeftOut: () => {},
    };
    await writeBackup(deps, async (bytes) => void archive.push(Buffer.from(bytes)));
    await data.close();
    archives.push(archive);
  }
  expect(readdirSync(root).filter((file) => file.startsWith('scratch'))).toEqual([]);
  await asAdmin(`drop database ${name} with (force)`);
  await asAdmin(`create database ${name}`);
  const restored = [
    { dataDir: join(root, 'file-again'), database: null },
    { dataDir: join(root, 'postgres-again'), database },
  ];
  for (const [index, one] of restored.entries()) {
    const result = await restoreBackup({
      settings: one,
      source: async function* () {
        yield* archives[index] ?? [];
      },
      keys: null,
      onProgress: () => {},
    });
    expect(result).toMatchObject({ ok: true });
    const data = await openDataFolder(one);
    const agents = await data.db.selectFrom('agents').select('id').execute();
    expect(agents.length).toBeGreaterThan(1);
    for (const { id } of agents) expect(existsSync(join(one.dataDir, 'agents', id, 'MEMORY.md'))).toBe(true);
    await data.close();
  }
});

it('reads places without repeating what is secret in them', () => {
  const read = readPostgresAddress('postgres://u:sekret@h/d');
  expect(read.ok).toBe(true);
  expect(place('postgres://u:sekret@h/d').shown).not.toContain('sekret');
  for (const text of ['mysql://u:sekret@h/d', 'postgres://u:sekret@', 'postgres://u:sek ret@h/d']) {
    const wrong = databasePlace(text, null);
    expect(wrong.ok).toBe(false);
    expect(JSON.stringify(wrong)).not.toMatch(/sek/);
  }
});
