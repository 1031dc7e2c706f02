/** Whatever a sandbox writes to its socket, only its own connection suffers: nothing ends the process or the run. */
import { randomInt } from 'node:crypto';
import net from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ask,
  exchange,
  fakeNetwork,
  type GatewayFixture,
  listen,
  openFixture,
} from '../test-support/gateway.ts';
import { failOnUncaught } from '../test-support/uncaught.ts';

failOnUncaught();

const KEY = 'sk-ant-real-key';
let outside: Awaited<ReturnType<typeof listen>>;
let fixture: GatewayFixture;

beforeEach(async () => {
  outside = await listen((request, response) => {
    request.resume();
    request.on('end', () => response.end('{}'));
  });
  fixture = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl: outside.url, apiKey: KEY } },
    {
      network: fakeNetwork(
        { 'good.example.com': ['93.184.215.14'], 'none.example.com': [] },
        () => outside.port,
      ),
      limits: { llmIdleMs: 2_000, egressIdleMs: 2_000, connections: 1_000 },
    },
  );
});
afterEach(async () => {
  // What a barrier had to catch is a fault of ours all the same.
  expect(fixture.events.filter(({ kind }) => kind === 'fault')).toEqual([]);
  await fixture.close();
  await outside.close();
});

async function stillServes(): Promise<void> {
  const model = await ask(fixture, '/anthropic/v1/messages', {
    headers: { 'x-api-key': fixture.gateway.runToken },
    body: '{}',
  });
  const page = await ask(fixture, 'http://good.example.com/', { method: 'GET' });
  expect([model.status, page.status]).toEqual([200, 200]);
}

/** Writes the pieces one after the other, then hangs up in the given way; resolves when the connection is gone. */
function converse(pieces: readonly string[], ending: 'end' | 'destroy'): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: fixture.socketPath, allowHalfOpen: true });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('end', () => socket.end());
    socket.resume();
    const write = (n: number): void => {
      const piece = pieces[n];
      if (socket.destroyed) return;
      if (piece !== undefined)
        socket.write(Buffer.from(piece, 'latin1'), () => setImmediate(() => write(n + 1)));
      else if (ending === 'end') socket.end();
      else socket.destroy();
    };
    socket.on('connect', () => write(0));
  });
}

const token = () => fixture.gateway.runToken;
const model = (rest: string) =>
  `POST /anthropic/v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: ${token()}\r\n${rest}`;
const page = (rest = '\r\n') => `GET http://good.example.com/ HTTP/1.1\r\nHost: a\r\n${rest}`;
const tunnel = (to = 'good.example.com:443') => `CONNECT ${to} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('a request that is odd', () => {
  test.each([
    ['no host', '', 400],
    ['a colon alone', ':', 400],
    ['a port alone', ':443', 400],
    ['port 0', 'good.example.com:0', 400],
    ['a port too high', 'good.example.com:65536', 400],
    ['a port of another day', 'good.example.com:4e2', 400],
    ['a path', '/anthropic/v1/messages', 400],
    ['an address in absolute form', 'http://good.example.com/', 400],
    ['a name that has no address', 'none.example.com:443', 502],
  ])('CONNECT to %s gets an answer', async (_name, to, status) => {
    const answer = await exchange(fixture, `CONNECT ${to} HTTP/1.1\r\nHost: a\r\n\r\n`);
    if (answer !== '' || to !== '') expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await stillServes();
  });

  test('an expectation is met or refused', async () => {
    const end = 'Connection: close\r\n\r\n';
    const expected = await exchange(fixture, model(`Expect: 100-continue\r\nContent-Length: 2\r\n${end}{}`));
    expect(expected).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
    expect(await exchange(fixture, model(`Expect: tea\r\nContent-Length: 2\r\n${end}{}`))).toMatch(
      /^HTTP\/1.1 417 /,
    );
    expect(await exchange(fixture, page(`Expect: 100-continue\r\nContent-Length: 0\r\n${end}`))).toMatch(
      / 200 OK/,
    );
  });

  test('a body of single bytes is refused, by both ways', async () => {
    const crumbs = `Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`;
    const post = page(crumbs).replace('GET', 'POST');
    expect(await exchange(fixture, post)).toMatch(/^HTTP\/1.1 400 .*small chunks/s);
    expect(await exchange(fixture, model(crumbs))).toMatch(/^HTTP\/1.1 400 .*small chunks/s);
    await stillServes();
  });

  test('an upgrade is no upgrade', async () => {
    const asked = 'Upgrade: websocket\r\nConnection: close, upgrade\r\n';
    expect(await exchange(fixture, page(`${asked}\r\n`))).toMatch(/^HTTP\/1.1 200 /);
    expect(await exchange(fixture, model(`${asked}Content-Length: 2\r\n\r\n{}`))).toMatch(/^HTTP\/1.1 200 /);
  });

  test.each(['end', 'destroy'] as const)(
    'a tunnel behind requests that are not answered yet, %s',
    async (ending) => {
      await converse([model('Content-Length: 2\r\n\r\n{}') + page() + tunnel() + page()], ending);
      await converse([page() + tunnel(), 'raw bytes', page()], ending);
      await stillServes();
    },
  );

  test('hangs up while the host is being dialled', async () => {
    for (let n = 0; n < 20; n += 1) {
      await Promise.all([
        converse([tunnel()], 'destroy'),
        converse([page()], 'destroy'),
        converse([tunnel('none.example.com:443')], 'destroy'),
      ]);
    }
    await stillServes();
  });

  test('a server of a run outlives what its own socket reports', async () => {
    const { createRunServer } = await import('./http/run-server.ts');
    const { DEFAULT_LIMITS } = await import('./limits.ts');
    const faults: unknown[] = [];
    const nothing = async () => {};
    const { server } = createRunServer(DEFAULT_LIMITS, {
      serveOrigin: nothing,
      serveAbsolute: nothing,
      serveConnect: nothing,
      onFault: (fault) => faults.push(fault),
    });
    // As for want of descriptors, when a connection can not be accepted.
    for (const code of ['EMFILE', 'ENFILE']) server.emit('error', Object.assign(new Error(code), { code }));
    expect(faults.map(String)).toEqual(['Error: EMFILE', 'Error: ENFILE']);
  });
});

const junk = fc.string({ unit: fc.constantFrom(...'\0\x01\r\n :;/\\?#@%0a9Z\x7f\x80\xff'), maxLength: 20 });
const target = fc.oneof(
  fc.constantFrom(
    '/anthropic/v1/messages',
    '/anthropic/v1/messages/count_tokens',
    'http://good.example.com/',
    'http://good.example.com:80/a?b',
    'http://none.example.com/',
    'http://good.example.com:99999/',
    'https://good.example.com/',
    'good.example.com:443',
    'none.example.com:443',
    '*',
    '/',
  ),
  junk,
);
const field = fc.oneof(
  fc.constantFrom(
    'x-api-key: TOKEN',
    'x-api-key: TOKEN',
    'Content-Length: 2',
    'Content-Length: 20',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'Connection: upgrade, host, content-length',
    'Connection: keep-alive',
    'Upgrade: h2c',
    'Expect: 100-continue',
    'Expect: \xff',
    'Trailer: x',
    'TE: trailers',
    'Content-Type: application/json; charset=latin1',
    'anthropic-version: \x80\xff',
    'anthropic-beta: a',
    'User-Agent: \t',
    '__proto__: x',
    'Host: b',
  ),
  fc.tuple(junk, junk).map((pair) => pair.join(':')),
);
const one = fc
  .tuple(
    fc.constantFrom(
      'POST',
      'POST',
      'GET',
      'CONNECT',
      'PUT',
      'HEAD',
      'TRACE',
      'OPTIONS',
      'PRI',
      'M-SEARCH',
      'x',
    ),
    target,
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''),
    fc.array(field, { maxLength: 6 }),
    fc.oneof(
      fc.constantFrom('', '{}', '2\r\n{}\r\n0\r\n\r\n', '2\r\n{}\r\n0\r\nx: y\r\n\r\n', '{"model":'),
      junk,
    ),
  )
  .map(([method, to, version, fields, body]) =>
    [`${method} ${to} ${version}`, 'Host: a', ...fields, '', body].join('\r\n'),
  );
const streams = fc.array(
  fc.record({
    requests: fc.array(one, { minLength: 1, maxLength: 4 }),
    cuts: fc.array(fc.nat(300), { maxLength: 4 }),
    ending: fc.constantFrom('end' as const, 'destroy' as const),
  }),
  { minLength: 1, maxLength: 8 },
);

function cutAt(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.filter((place) => place < text.length).sort((a, b) => a - b), text.length];
  return sorted.slice(1).map((place, n) => text.slice(sorted[n], place));
}

test.each([1, 2, randomInt(2 ** 31 - 1)])(
  'anything at all leaves the run its gateway, seed %i',
  async (seed) => {
    await fc.assert(
      fc.asyncProperty(streams, async (clients) => {
        await Promise.all(
          clients.map(({ requests, cuts, ending }) =>
            converse(cutAt(requests.join('').replaceAll('TOKEN', token()), cuts), ending),
          ),
        );
      }),
      { seed, numRuns: 100 },
    );
    await stillServes();
  },
);
