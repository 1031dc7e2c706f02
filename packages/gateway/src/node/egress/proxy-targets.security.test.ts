import net from 'node:net';
import { expect, test } from 'vitest';
import { ask, exchange, fakeNetwork, listen, listenOnPort } from '../../test-support/gateway.ts';
import { connectStatus, get, NAMES, proxyWorld } from '../../test-support/proxy-world.ts';

const world = proxyWorld();

test('dials exactly the address that was looked up, once, whatever Host says', async () => {
  const fixture = await world.open();
  const answer = await get(fixture, 'http://good.example.com/path?q=1', { host: '169.254.169.254' });
  expect(answer).toMatchObject({ status: 200, body: 'saw /path?q=1' });
  expect(world.network.asked).toEqual(['good.example.com']);
  expect(world.network.dialled).toEqual(['93.184.215.14 80']);
  expect(world.seen[0]?.headers.host).toBe('good.example.com');
  expect(fixture.events).toEqual([{ kind: 'egress', host: 'good.example.com', port: 80 }]);
});

test('tunnels to the request target, whatever Host says, and both ways', async () => {
  const fixture = await world.open();
  const answer = await exchange(
    fixture,
    'CONNECT good.example.com:443 HTTP/1.1\r\nHost: 10.0.0.1:22\r\n\r\nGET /through HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200 OK/);
  expect(answer).toContain('saw /through');
  expect(world.network.dialled).toEqual(['93.184.215.14 443']);
});

test('dials an address literal as it is', async () => {
  const fixture = await world.open();
  expect(await connectStatus(fixture, '[2606:4700:4700::1111]:443')).toBe(200);
  expect(await connectStatus(fixture, '1.1.1.1:443')).toBe(200);
  expect(world.network.asked).toEqual([]);
  expect(world.network.dialled).toEqual(['2606:4700:4700::1111 443', '1.1.1.1 443']);
});

test.each([
  'rebind.example.com',
  'rebind6.example.com',
  'inside.example.com',
  'odd.example.com',
  'own.example.com',
  'nothing.example.com',
  'unknown.example.com',
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '0.0.0.0',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:8.8.8.8]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '8.8.4.4',
  'localhost',
  'metadata',
  'metadata.google.internal',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
])('dials nothing for %s', async (host) => {
  const fixture = await world.open();
  const refused = [400, 403, 502];
  expect(refused).toContain(await connectStatus(fixture, `${host}:443`));
  expect(refused).toContain(await connectStatus(fixture, `${host}:80`));
  expect(refused).toContain((await get(fixture, `http://${host}/latest/meta-data/`)).status);
  expect(world.network.dialled).toEqual([]);
  expect(fixture.events.map((event) => event.kind)).toEqual(['refused', 'refused', 'refused']);
});

test.each([1, 22, 25, 2525, 3128, 5432, 8025, 8080])('dials no port %i', async (port) => {
  const fixture = await world.open();
  expect(await connectStatus(fixture, `good.example.com:${port}`)).toBe(403);
  expect((await get(fixture, `http://good.example.com:${port}/`)).status).toBe(403);
  expect(world.network).toMatchObject({ asked: [], dialled: [] });
});

test('policy none looks nothing up', async () => {
  const fixture = await world.open({ kind: 'none' });
  expect(await connectStatus(fixture, 'good.example.com:443')).toBe(403);
  expect((await get(fixture, 'http://1.1.1.1/')).status).toBe(403);
  expect(world.network).toMatchObject({ asked: [], dialled: [] });
});

test('policy list lets the listed hosts through, and looks no other up', async () => {
  const hosts = ['good.example.com', '*.list.example.org', 'inside.example.com', '*.', '*'];
  world.network = fakeNetwork(
    { ...NAMES, 'a.b.list.example.org': ['93.184.215.14'] },
    () => world.targetPort,
  );
  const fixture = await world.open({ kind: 'list', hosts });
  const status: Record<string, number> = {};
  for (const host of [
    'good.example.com',
    'GOOD.example.com.',
    'a.b.list.example.org',
    'inside.example.com',
    'list.example.org',
    'evillist.example.org',
    'both.example.com',
    'x.good.example.com',
    'good.example.com.evil.com',
  ]) {
    status[host] = await connectStatus(fixture, `${host}:443`);
  }
  expect(status).toEqual({
    'good.example.com': 200,
    'GOOD.example.com.': 200,
    'a.b.list.example.org': 200,
    'inside.example.com': 403,
    'list.example.org': 403,
    'evillist.example.org': 403,
    'both.example.com': 403,
    'x.good.example.com': 403,
    'good.example.com.evil.com': 403,
  });
  expect(new Set(world.network.asked)).toEqual(
    new Set(['good.example.com', 'a.b.list.example.org', 'inside.example.com']),
  );
});

test('tries the next address when one cannot be reached', async () => {
  const closed = net.createServer();
  const deadPort = await listenOnPort(closed);
  await new Promise((resolve) => closed.close(resolve));
  let first = true;
  world.network = fakeNetwork(NAMES, () => {
    const port = first ? deadPort : world.targetPort;
    first = false;
    return port;
  });
  const fixture = await world.open();
  expect((await get(fixture, 'http://both.example.com/')).status).toBe(200);
  expect(world.network.dialled).toEqual(['93.184.215.14 80', '2606:2800:21f::1 80']);
});

test('a redirect is handed to the sandbox, not followed', async () => {
  const redirect = await listen((_request, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/' });
    response.end();
  });
  world.cleanUps.push(redirect.close);
  world.network = fakeNetwork(NAMES, () => redirect.port);
  const fixture = await world.open();
  const answer = await get(fixture, 'http://good.example.com/');
  expect(answer).toMatchObject({ status: 302, headers: { location: 'http://169.254.169.254/latest/' } });
  expect((await get(fixture, answer.headers.location ?? '')).status).toBe(403);
});

test('never leads to the LLM route, nor the token out of it', async () => {
  const fixture = await world.open();
  const headers = { 'x-api-key': fixture.gateway.runToken };
  const answer = await ask(fixture, 'http://localhost/anthropic/v1/messages', { headers, body: '{}' });
  expect(answer.status).toBe(403);
  expect(fixture.gateway.timing().requests).toBe(0);
});
