/** Each process has a folder of its own, which the others remove once it has died. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { removeDeadRuns, removeRunsOfOldVersions } from '../parts/run-folder.ts';
import { makeRunFolder, readAddresses, removeAddress, takeDeadFolders, writeAddress } from './run-folders.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function dataFolder(): { run: string; sandbox: string; wake: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-run-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = join(folder, 'run');
  return { run, sandbox: join(run, 'sandbox'), wake: join(run, 'wake') };
}

/** Another process with a folder of its own; gives its path. */
async function other(run: string, role = 'worker'): Promise<{ process: ChildProcess; path: string }> {
  const program = `
    const { makeRunFolder } = await import(${JSON.stringify(new URL('./run-folders.ts', import.meta.url).href)});
    console.log(makeRunFolder(process.argv[1], process.argv[2]).path);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, run, role], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  return { process: child, path: String(line).trim() };
}

test('that of a process that lives stays, and goes once it was killed, with all that is in it', async () => {
  const paths = dataFolder();
  const own = makeRunFolder(paths.run, 'worker');
  const dying = await other(paths.run);
  const living = await other(paths.run);
  mkdirSync(join(dying.path, 'turns', 'a-turn'));
  writeFileSync(join(dying.path, 'turns', 'a-turn', 'input.json'), 'secret');
  expect(await removeDeadRuns(paths, own, quiet)).toBe(2);
  dying.process.kill('SIGKILL');
  await once(dying.process, 'exit');
  expect(await removeDeadRuns(paths, own, quiet)).toBe(1);
  expect(readdirSync(paths.run).toSorted()).toEqual([own.name, basename(living.path)].toSorted());
  await own.release();
  expect(existsSync(own.path)).toBe(false);
});

test('two that look at once do not clean up the same one', async () => {
  const { run } = dataFolder();
  const dying = await other(run, 'smtp');
  dying.process.kill('SIGKILL');
  await once(dying.process, 'exit');
  const { dead } = takeDeadFolders(run, '');
  expect(dead.map(({ path }) => path)).toEqual([dying.path]);
  expect(takeDeadFolders(run, '')).toEqual({ dead: [], others: 1 });
  for (const one of dead) one.release();
});

test('what a version with one process left goes too', async () => {
  const paths = dataFolder();
  mkdirSync(join(paths.run, 'turns', 'old'), { recursive: true });
  mkdirSync(join(paths.sandbox, 'servers', '0123456789ab-999999999-1'), { recursive: true });
  mkdirSync(join(paths.sandbox, 'etc-1-1'));
  await removeRunsOfOldVersions(paths, quiet);
  expect(readdirSync(paths.run)).toEqual(['sandbox']);
  expect(readdirSync(join(paths.sandbox, 'servers'))).toEqual([]);
  expect(existsSync(join(paths.sandbox, 'etc-1-1'))).toBe(true);
});

test('tells where its process listens, for as long as it takes mail', async () => {
  const { run } = dataFolder();
  expect(readAddresses(run)).toEqual([]);
  const own = makeRunFolder(run, 'smtp');
  const smtp = { host: '127.0.0.1', port: 2525 };
  writeAddress(own, { pid: 1, role: 'smtp', smtp, http: null });
  const broken = makeRunFolder(run, 'worker');
  writeFileSync(join(broken.path, 'server.json'), '{"smtp": 7');
  expect(readAddresses(run)).toEqual([{ pid: 1, role: 'smtp', smtp, http: null }]);
  removeAddress(own);
  expect(readAddresses(run)).toEqual([]);
  for (const one of [own, broken]) await one.release();
});
