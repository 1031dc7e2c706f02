/** What the tests' tools cost a machine: one installation as root, and never the tests themselves. */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tinyfat-agent-tools-'));
  path = join(root, 'path');
  await mkdir(join(root, 'bin'));
  await mkdir(path);
  await copyFile(join(import.meta.dirname, 'with-agent-tools'), join(root, 'bin/with-agent-tools'));
  for (const tool of ['mktemp', 'rm', 'sh']) await symlink(`/usr/bin/${tool}`, join(path, tool));
});
afterEach(() => rm(root, { recursive: true }));

async function program(name: string, body: string): Promise<void> {
  await writeFile(join(path, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(path, name), 0o755);
}
const debian = (exitCode: number) => program('apt-get', `echo "$1" >>"${root}/asked"; exit ${exitCode}`);
const asked = () => readFile(join(root, 'asked'), 'utf8').catch(() => '');
const run = () =>
  new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    const words = [join(root, 'bin/with-agent-tools'), 'sh', '-c', 'echo ran'];
    execFile('/bin/sh', words, { env: { PATH: path } }, (error, stdout, stderr) =>
      error === null ? resolve({ stdout, stderr }) : reject(error),
    );
  });

it('nothing is installed where they are there, or by an ordinary user', async () => {
  await debian(0);
  await program('id', 'echo 1000');
  expect(await run()).toEqual({ stdout: 'ran\n', stderr: '' });
  await program('id', 'echo 0');
  for (const tool of ['convert', 'pdftotext']) await program(tool, '');
  expect(await run()).toEqual({ stdout: 'ran\n', stderr: '' });
  expect(await asked()).toBe('');
});

it('as root they are installed, and the command runs also where that fails', async () => {
  await program('id', 'echo 0');
  await debian(0);
  expect((await run()).stdout).toBe('ran\n');
  expect(await asked()).toBe('install\n');
  await debian(100);
  const { stdout, stderr } = await run();
  expect(stdout).toBe('ran\n');
  expect(stderr).toContain('so their tests are skipped: apt-get install');
  expect(await asked()).toBe('install\ninstall\nupdate\n');
});
