/** One server per data folder, whatever is deleted in it and however the server died. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockDataFolder } from './lock.ts';

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Another process that takes the lock, says what it got, and lives on with a child of its own. */
async function holder(folder: string): Promise<{ process: ChildProcess; said: string; child: number }> {
  const program = `
    const { lockDataFolder } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    const lock = lockDataFolder(process.argv[1]);
    const { spawn } = await import('node:child_process');
    const child = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
    child.once('spawn', () => console.log(JSON.stringify({ ok: lock.ok, child: child.pid })));
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(other.stdout, 'data');
  const { ok, child } = JSON.parse(String(line));
  onTestFinished(() => {
    other.kill('SIGKILL');
    process.kill(child, 'SIGKILL');
  });
  return { process: other, said: String(ok), child };
}

test('a second one is refused until the first releases it', () => {
  const folder = dataFolder();
  const first = lockDataFolder(folder);
  expect(lockDataFolder(folder)).toMatchObject({ ok: false, taken: true });
  if (first.ok) first.release();
  const again = lockDataFolder(folder);
  expect(again.ok).toBe(true);
  if (again.ok) again.release();
});

test('nothing that is deleted or made anew in the folder lets a second one in', async () => {
  const folder = dataFolder();
  writeFileSync(join(folder, 'server.lock'), '');
  expect((await holder(folder)).said).toBe('true');
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'server.lock'), '');
  expect(lockDataFolder(folder)).toMatchObject({ ok: false, taken: true });
});

test('kill -9 frees it, though a child of the server lives on', async () => {
  const folder = dataFolder();
  const { process: other, child } = await holder(folder);
  expect(lockDataFolder(folder)).toMatchObject({ ok: false, taken: true });
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(process.kill(child, 0)).toBe(true);
  const lock = lockDataFolder(folder);
  expect(lock.ok).toBe(true);
  if (lock.ok) lock.release();
});

test('a machine without flock gets the line that mends it, and no server', () => {
  const folder = dataFolder();
  const path = process.env.PATH;
  mkdirSync(join(folder, 'empty'));
  onTestFinished(() => {
    process.env.PATH = path;
  });
  process.env.PATH = join(folder, 'empty');
  expect(lockDataFolder(folder)).toMatchObject({
    ok: false,
    taken: false,
    fix: expect.stringContaining('util-linux'),
  });
  writeFileSync(join(folder, 'empty', 'flock'), '#!/bin/sh\necho "flock: 3: not here" >&2\nexit 71\n');
  chmodSync(join(folder, 'empty', 'flock'), 0o755);
  expect(lockDataFolder(folder)).toMatchObject({
    ok: false,
    taken: false,
    reason: expect.stringContaining('not here'),
  });
});
