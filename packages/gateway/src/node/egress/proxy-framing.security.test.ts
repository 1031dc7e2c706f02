import net, { type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ask, exchange, fakeNetwork, listenOnPort } from '../../test-support/gateway.ts';
import { get, NAMES, proxyWorld } from '../../test-support/proxy-world.ts';

const world = proxyWorld();

test('passes end-to-end headers both ways and nothing of a hop, also what Connection names', async () => {
  const fixture = await world.open();
  const answer = await ask(fixture, 'http://good.example.com/', {
    headers: {
      connection: 'close, x-hop, content-length, host',
      'x-hop': '1',
      'x-kept': '2',
      'proxy-authorization': 'Basic x',
      'proxy-connection': 'keep-alive',
      te: 'trailers',
      upgrade: 'h2c',
      'http2-settings': 'x',
      'content-length': '5',
      cookie: 'mine=1',
    },
    body: 'hello',
  });
  expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  expect(answer.headers['x-answer']).toBe('yes');
  expect(world.seen).toEqual([
    {
      method: 'POST',
      url: '/',
      body: 'hello',
      headers: {
        connection: 'close',
        'x-kept': '2',
        host: 'good.example.com',
        'content-length': '5',
        cookie: 'mine=1',
      },
    },
  ]);
});

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: inside.example.com\r\n\r\n';
test.each([
  [
    'length and chunks',
    'POST',
    `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['two lengths', 'POST', `Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`],
  ['a list of lengths', 'POST', `Content-Length: 0, ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`],
  ['chunks twice', 'POST', `Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['an odd encoding', 'POST', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a signed length', 'POST', `Content-Length: +${SMUGGLED.length}\r\n\r\n${SMUGGLED}`],
  ['a bare line feed', 'POST', `X: y\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`],
  [
    'a chunk extension with a line feed',
    'POST',
    `Transfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n${SMUGGLED}`,
  ],
])('forwards nothing that is hidden behind %s', async (_name, method, rest) => {
  const fixture = await world.open();
  await exchange(fixture, `${method} http://good.example.com/ HTTP/1.1\r\nHost: a\r\n${rest}`, 'HTTP/1.1 ');
  await get(fixture, 'http://good.example.com/last');
  expect(world.seen.map((request) => request.url)).not.toContain('/smuggled');
  expect(world.seen.map((request) => request.body).join()).not.toContain('smuggled');
});

test.each(['GET', 'DELETE', 'OPTIONS'])(
  'frames the body of a %s request, so that it stays a body',
  async (method) => {
    const fixture = await world.open();
    for (const framing of [
      `Content-Length: ${SMUGGLED.length}\r\nConnection: close, content-length\r\n\r\n${SMUGGLED}`,
      `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    ]) {
      await exchange(fixture, `${method} http://good.example.com/outer HTTP/1.1\r\nHost: a\r\n${framing}`);
    }
    expect(world.seen.map(({ url, body }) => [url, body])).toEqual([
      ['/outer', SMUGGLED],
      ['/outer', SMUGGLED],
    ]);
  },
);

test('each request of one connection goes to its own target', async () => {
  const fixture = await world.open();
  const answer = await exchange(
    fixture,
    'GET http://good.example.com/1 HTTP/1.1\r\nHost: a\r\n\r\nGET http://inside.example.com/2 HTTP/1.1\r\nHost: good.example.com\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toMatch(/200 OK[\s\S]*saw \/1[\s\S]*403 the address is not public/);
  expect(world.network.dialled).toEqual(['93.184.215.14 80']);
});

test('half-closing the tunnel keeps the other direction open', async () => {
  const echoAtEnd = net.createServer({ allowHalfOpen: true }, (socket) => {
    let all = '';
    socket.on('data', (chunk) => {
      all += chunk;
    });
    socket.on('end', () => socket.end(`got ${all}`));
  });
  const port = await listenOnPort(echoAtEnd);
  world.cleanUps.push(() => new Promise((resolve) => echoAtEnd.close(() => resolve())));
  world.network = fakeNetwork(NAMES, () => port);
  const fixture = await world.open();
  const socket = await new Promise<Socket>((resolve) => {
    const raw = net.connect({ path: fixture.socketPath, allowHalfOpen: true });
    raw.write('CONNECT good.example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n');
    raw.once('data', () => resolve(raw));
  });
  const answer = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
  socket.end('abc');
  expect(await answer).toBe('got abc');
});
