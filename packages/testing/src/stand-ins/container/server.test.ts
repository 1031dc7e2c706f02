import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContainerStandIn, startContainerStandIn } from './server.ts';

let standIn: ContainerStandIn;
/** Without root the stand-in has one user for root and agent. */
const isRoot = process.getuid?.() === 0;
const caught: string[] = [];

beforeAll(async () => {
  standIn = await startContainerStandIn(async (container, request) => {
    caught.push(`${container} ${request.method} ${request.url} ${await request.text()}`);
    return new Response(`you asked ${request.url}`, { status: 201 });
  });
});
afterAll(() => standIn.close());

const post = (path: string, init: RequestInit = {}) =>
  fetch(`${standIn.url}${path}`, { method: 'POST', ...init });
const exec = (name: string, command: string[], user = 'root') =>
  post(`/${name}/exec`, {
    headers: { 'x-exec': Buffer.from(JSON.stringify({ command, user })).toString('base64url') },
  });

test.skipIf(!isRoot)(
  'a container keeps its files and processes between programs, and loses them at its end (needs root)',
  async () => {
    await post('/one/start');
    await (
      await exec('one', ['sh', '-c', 'echo hello > /data/file; sleep 1000 > /dev/null 2>&1 &'], 'agent')
    ).text();
    expect(
      await standIn.look('one', ['sh', '-c', 'cat /data/file; stat -c %u /data/file; pgrep sleep | wc -l']),
    ).toBe('hello\n1000\n2\n');
    await (await exec('one', ['sh', '-c', 'kill -9 -1'], 'agent')).text();
    // What was killed is gone a moment later.
    const wait = 'while pgrep -u 1000 > /dev/null; do :; done; echo none';
    expect(await standIn.look('one', ['sh', '-c', wait])).toBe('none\n');
    await post('/one/start');
    expect(await standIn.look('one', ['ls', '-A', '/data'])).toBe('');
    await post('/one/destroy');
    expect(standIn.isRunning('one')).toBe(false);
    expect((await exec('one', ['true'])).status).toBe(409);
  },
);

test('whatever is asked on the ports of HTTP is caught, by any name or address, and nothing else leaves', async () => {
  await post('/two/start');
  const ask = (url: string) =>
    standIn.look('two', ['curl', '-sS', '-m', '5', '-d', 'body', ...url.split(' ')]);
  expect(await ask('http://some.example/a?b')).toBe('you asked http://some.example/a?b');
  expect(await ask('http://169.254.169.254/x')).toBe('you asked http://169.254.169.254/x');
  const authority = '--cacert /etc/cloudflare/certs/cloudflare-containers-ca.crt';
  expect(await ask(`${authority} https://some.example/`)).toBe('you asked https://some.example/');
  expect(await ask('https://some.example/')).toBe('');
  expect(await ask('http://some.example:8080/')).toBe('');
  expect(caught).toContain('two POST http://some.example/a?b body');
});

test('a container that ends breaks off what runs in it', async () => {
  await post('/three/start');
  const running = await exec('three', ['sh', '-c', 'echo begun; sleep 1000']);
  const reader = running.body?.getReader();
  await reader?.read();
  await standIn.kill('three');
  await expect(reader?.read()).rejects.toThrow();
  standIn.faults.startFails = true;
  expect((await post('/three/start')).status).toBe(500);
});
