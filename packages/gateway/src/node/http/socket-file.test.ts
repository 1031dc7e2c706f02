import { spawnSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, UNCAPPED } from '../../test-support/gateway.ts';
import { createGateways, type Gateways } from '../gateways.ts';

let folder: string;
let gateways: Gateways;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gw-'));
  gateways = createGateways({ now: Date.now });
});
afterEach(async () => {
  await gateways.close();
  await rm(folder, { recursive: true, force: true });
});

const open = async (socketPath: string) => {
  const upstream = { kind: 'demo' as const };
  const opened = await gateways.open({
    runId: 'r',
    socketPath,
    upstream,
    egress: { kind: 'none' },
    spending: UNCAPPED,
  });
  if (!opened.ok) throw new Error(opened.reason);
  return opened.gateway;
};

test('makes a socket that any user may connect to, in a folder that no other may enter', async () => {
  const socketPath = join(folder, 'a.sock');
  await open(socketPath);
  const made = await stat(socketPath);
  expect(made.isSocket()).toBe(true);
  expect(made.mode & 0o777).toBe(0o666);
});

test('refuses a folder that other users can enter', async () => {
  await chmod(folder, 0o711);
  await expect(open(join(folder, 'a.sock'))).rejects.toThrow(/chmod 700/);
});

test('takes the place of a socket that a killed process left, and of nothing else', async () => {
  const socketPath = join(folder, 'a.sock');
  const listenAndDie =
    'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
  const killed = spawnSync(process.execPath, ['-e', listenAndDie, socketPath]);
  expect(killed.signal).toBe('SIGKILL');
  expect((await lstat(socketPath)).isSocket()).toBe(true);
  await open(socketPath);
  expect((await ask({ socketPath }, '/x')).status).toBe(404);

  await writeFile(join(folder, 'file'), 'kept');
  await expect(open(join(folder, 'file'))).rejects.toThrow(/no socket/);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('kept');
});

test('refuses a path that a socket address cannot hold, and a missing folder', async () => {
  const long = join(folder, 'x'.repeat(90));
  await mkdir(long, { mode: 0o700 });
  await expect(open(join(long, 'gateway.sock'))).rejects.toThrow(/107/);
  await expect(open(join(folder, 'missing', 'a.sock'))).rejects.toThrow(/ENOENT/);
});

test('close removes the socket, cuts what is open, and can be called twice', async () => {
  const socketPath = join(folder, 'a.sock');
  const gateway = await open(socketPath);
  const client = net.connect(socketPath);
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.resume();
  client.on('error', () => {});
  await gateway.close();
  await closed;
  await gateway.close();
  await expect(lstat(socketPath)).rejects.toThrow(/ENOENT/);
});

test('runs do not share a token, and closing one leaves the other', async () => {
  const one = await open(join(folder, 'a.sock'));
  const two = await open(join(folder, 'b.sock'));
  expect(one.runToken).not.toBe(two.runToken);
  await one.close();
  const answer = await ask({ socketPath: join(folder, 'b.sock') }, '/x');
  expect(answer.status).toBe(404);
});
