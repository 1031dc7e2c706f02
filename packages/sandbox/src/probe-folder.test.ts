/** No folder of a probe outlives the probe, or the start after a kill -9. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
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
const probesIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('probe-'));

/** A server in the middle of a probe. */
async function probing(folder: string) {
  const program = `
    const { makeProbeFolder } = await import(${JSON.stringify(new URL('./probe-folder.ts', import.meta.url).href)});
    const { mkdirSync, writeFileSync } = await import('node:fs');
    const folder = makeProbeFolder(process.argv[1]);
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
  expect(probesIn(folder)).toEqual([]);
});

test('what a kill -9 left is removed at the next start, and not while that server lives', async () => {
  const folder = runtime();
  const server = await probing(folder);
  await removeStaleRuns(folder);
  expect(probesIn(folder)).toHaveLength(1);
  server.kill('SIGKILL');
  await once(server, 'exit');
  await removeStaleRuns(folder);
  expect(probesIn(folder)).toEqual([]);
});

test('a folder without a process in its name is removed when it is much older than a probe', async () => {
  const folder = runtime();
  for (const name of ['probe-Abc123', 'probe-young1', 'other']) mkdirSync(join(folder, name));
  const hours = Date.now() / 1000 - 7200;
  for (const name of ['probe-Abc123', 'other']) utimesSync(join(folder, name), hours, hours);
  await removeStaleRuns(folder);
  expect(readdirSync(folder).sort()).toEqual(['other', 'probe-young1']);
});

test('so is a record that was never finished', async () => {
  const folder = runtime();
  mkdirSync(join(folder, 'servers'));
  writeFileSync(join(folder, 'servers', '0123456789ab.new'), '');
  writeFileSync(join(folder, 'servers', '0123456789ab-999999999-1.new'), '');
  await removeStaleRuns(folder);
  expect(readdirSync(join(folder, 'servers'))).toEqual([]);
});
