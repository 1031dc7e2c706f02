/** Nothing of a server outlives it but until the next start. Its cgroups: leftovers.security.test.ts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bubblewrap } from './bubblewrap.ts';
import { removeStaleRuns } from './server-record.ts';

function runtime(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-probes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const servers = (folder: string) => readdirSync(join(folder, 'servers'));
const scratch = (folder: string) =>
  servers(folder)
    .flatMap((server) => readdirSync(join(folder, 'servers', server)))
    .filter((name) => name.startsWith('scratch-'));

/** A server in the middle of a probe. */
async function probing(folder: string) {
  const program = `
    const { recordServer } = await import(${JSON.stringify(new URL('./server-record.ts', import.meta.url).href)});
    const { mkdirSync, writeFileSync } = await import('node:fs');
    const folder = recordServer(process.argv[1]).scratchFolder();
    mkdirSync(folder + '/data');
    writeFileSync(folder + '/data/written', 'x');
    console.log('made');
    setInterval(() => {}, 1000);`;
  const server = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  return server;
}

test('a probe leaves nothing', async () => {
  const folder = runtime();
  await bubblewrap({ nodeBinary: process.execPath, runtimeFolder: folder }).probe();
  expect(servers(folder)).toHaveLength(1);
  expect(scratch(folder)).toEqual([]);
});

test('what a kill -9 left is removed at the next start, and not while that server lives', async () => {
  const folder = runtime();
  const server = await probing(folder);
  await removeStaleRuns(folder);
  expect(scratch(folder)).toHaveLength(1);
  server.kill('SIGKILL');
  await once(server, 'exit');
  await removeStaleRuns(folder);
  expect(servers(folder)).toEqual([]);
});

test('so is what an earlier version left', async () => {
  const folder = runtime();
  mkdirSync(join(folder, 'servers'));
  for (const name of ['0123456789ab', '0123456789ab.new', '0123456789ab-999999999-1.new'])
    writeFileSync(join(folder, 'servers', name), '1\n1\n/nowhere\n');
  await removeStaleRuns(folder);
  expect(servers(folder)).toEqual([]);
});

test('where nothing was ever recorded, nothing is removed', async () => {
  expect(await removeStaleRuns(join(runtime(), 'not-there'))).toBe(0);
});
