/** A look into the database, while a server has it open, after it was closed, and after a kill -9. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { insertAgent, listAgents } from '../agents.ts';
import { lookIntoSqlite } from './look.ts';
import { openSqlite } from './open.ts';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-look-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Names, contents and times of change of all files. */
const snapshot = (folder: string) =>
  readdirSync(folder).map((name) => {
    const path = join(folder, name);
    return [name, createHash('sha256').update(readFileSync(path)).digest('hex'), statSync(path).mtimeMs];
  });

/** The names of agents as a look sees them; the folder must be the same afterwards. */
async function look(folder: string): Promise<string[]> {
  const before = snapshot(folder);
  const found = lookIntoSqlite(join(folder, 'tinyfat.sqlite'));
  if (found.state !== 'open') throw new Error(JSON.stringify(found));
  const names = (await listAgents(found.db)).map((agent) => agent.name);
  await found.db.destroy();
  expect(snapshot(folder)).toEqual(before);
  return names;
}

const agent = { id: 'a', name: 'scout', owner: 'o@example.com', created_at: 1 };

test('after it was closed', async () => {
  const folder = makeFolder();
  const db = await openSqlite(join(folder, 'tinyfat.sqlite'));
  await insertAgent(db, agent, []);
  await db.destroy();
  expect(await look(folder)).toEqual(['scout']);
  expect(readdirSync(folder)).toEqual(['tinyfat.sqlite']);
});

/** A server that has the database open, with one agent in the log. */
async function serverOn(folder: string) {
  const program = `
    const { openSqlite } = await import(${JSON.stringify(new URL('./open.ts', import.meta.url).href)});
      const { insertAgent } = await import(${JSON.stringify(new URL('../agents.ts', import.meta.url).href)});
    const db = await openSqlite(process.argv[1]);
    await insertAgent(db, ${JSON.stringify(agent)}, []);
    console.log('written');
    setInterval(() => {}, 1000);`;
  const words = ['--input-type=module', '-e', program, join(folder, 'tinyfat.sqlite')];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return {
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('while a server has it open, with what is in its log only, and after a kill -9 of that server', async () => {
  const folder = makeFolder();
  const server = await serverOn(folder);
  expect(readdirSync(folder)).toContain('tinyfat.sqlite-wal');
  expect(await look(folder)).toEqual(['scout']);
  await server.kill();
  expect(await look(folder)).toEqual(['scout']);
});

test('a log without its index is left to the next start', async () => {
  const folder = makeFolder();
  await (await serverOn(folder)).kill();
  rmSync(join(folder, 'tinyfat.sqlite-shm'));
  const before = snapshot(folder);
  expect(lookIntoSqlite(join(folder, 'tinyfat.sqlite'))).toMatchObject({
    state: 'closed',
    cause: 'unfinished',
  });
  expect(snapshot(folder)).toEqual(before);
});

test('what is no database, or is not there, is said and not made', async () => {
  const folder = makeFolder();
  expect(lookIntoSqlite(join(folder, 'none.sqlite'))).toEqual({ state: 'absent' });
  await writeFile(join(folder, 'text.sqlite'), 'no database, but text of some length '.repeat(40));
  expect(lookIntoSqlite(join(folder, 'text.sqlite'))).toMatchObject({
    state: 'closed',
    why: expect.stringContaining('not a database'),
  });
  expect(spawnSync('mkfifo', [join(folder, 'pipe.sqlite')]).status).toBe(0);
  expect(lookIntoSqlite(join(folder, 'pipe.sqlite'))).toMatchObject({ state: 'closed' });
  expect(readdirSync(folder)).toEqual(['pipe.sqlite', 'text.sqlite']);
});

test.each(['9000-later', '0009-of-another-branch'])('of a newer version is said: %s', async (name) => {
  const folder = makeFolder();
  const path = join(folder, 'tinyfat.sqlite');
  await (await openSqlite(path)).destroy();
  const newer = new DatabaseSync(path);
  newer.prepare("insert into kysely_migration (name, timestamp) values (?, '')").run(name);
  newer.close();
  expect(lookIntoSqlite(path)).toEqual({
    state: 'closed',
    cause: 'newer',
    why: 'A newer version of this program has written it.',
  });
});

test('nothing can be written through it', async () => {
  const folder = makeFolder();
  await (await openSqlite(join(folder, 'tinyfat.sqlite'))).destroy();
  const found = lookIntoSqlite(join(folder, 'tinyfat.sqlite'));
  if (found.state !== 'open') throw new Error('closed');
  onTestFinished(() => found.db.destroy());
  await expect(insertAgent(found.db, agent, [])).rejects.toThrow(/readonly|read-only/i);
});
