/** Nothing that strangers write to its ports ends the server; what does end it is logged, and the end is in order. */
import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const THROW_ON_SIGNAL = fileURLToPath(new URL('./support/throw-on-signal.mjs', import.meta.url));
const HTTP_PORT = 8025;

const junk = fc.string({ unit: fc.constantFrom(...'\0\x01\r\n :;/\\?#@%0a9Z\x7f\x80\xff'), maxLength: 20 });
const target = fc.oneof(
  fc.constantFrom(
    ...[
      '/',
      '/sign-in',
      '/sign-in/confirm?token=x',
      '/api/v1/agents',
      '/webhooks/resend',
      '/webhooks/postmark',
    ],
    ...[
      '/health/live',
      '/metrics',
      '/favicon.svg',
      '/_astro/x.js',
      '/%',
      '/%00',
      '//evil.example/',
      '/..%2f..%2f',
    ],
    ...['http://evil.example/', 'evil.example:443', '*', '/?%ff=%', '/\xff'],
  ),
  junk,
);
const field = fc.oneof(
  fc.constantFrom(
    ...['Content-Length: 2', 'Content-Length: 20', 'Content-Length: -1', 'Transfer-Encoding: chunked'],
    ...[
      'Connection: upgrade',
      'Connection: close',
      'Upgrade: websocket',
      'Expect: 100-continue',
      'Expect: tea',
    ],
    ...[
      'Content-Type: application/json',
      'Content-Type: multipart/form-data; boundary=',
      'Content-Type: \xff',
    ],
    ...[
      'Origin: null',
      'Origin: http://[',
      'X-Forwarded-For: ,,\xff',
      'X-Forwarded-Proto: \xff',
      'Cookie: =;;=\xff',
    ],
    ...[
      'Authorization: Basic %%%',
      'Authorization: Bearer \xff',
      'svix-id: a',
      'Range: bytes=9-1',
      'Accept: \t',
    ],
    ...['__proto__: x', 'Host: \xff', 'Host: a:b:c', 'Host:', 'Host: ['],
  ),
  fc.tuple(junk, junk).map((pair) => pair.join(':')),
);
const methods = [
  'GET',
  'POST',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'QUERY',
  'PRI',
  'x',
];
const one = fc
  .tuple(
    fc.constantFrom(...methods),
    target,
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0'),
    fc.array(field, { maxLength: 6 }),
    fc.oneof(fc.constantFrom('', '{}', '2\r\n{}\r\n0\r\n\r\n', 'a=%ff&a'), junk),
  )
  .map(([method, to, version, fields, body]) =>
    [`${method} ${to} ${version}`, 'Host: a', ...fields, '', body].join('\r\n'),
  );
const streams = fc.array(
  fc.record({
    requests: fc.array(one, { minLength: 1, maxLength: 3 }),
    ending: fc.constantFrom('end' as const, 'reset' as const, 'reset at once' as const),
  }),
  { minLength: 1, maxLength: 10 },
);

describe('the server', () => {
  let server: Tinyfat;
  beforeAll(async () => {
    server = await startTinyfat({
      agents: { scout: [] },
      environment: { NODE_OPTIONS: `--import=${THROW_ON_SIGNAL}` },
    });
  });
  afterAll(() => server.dispose());

  function converse(text: string, ending: 'end' | 'reset' | 'reset at once'): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(HTTP_PORT, server.host);
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
      socket.on('connect', () => {
        socket.write(Buffer.from(text, 'latin1'), () => {
          if (ending === 'end') socket.end();
          else if (ending === 'reset at once') socket.resetAndDestroy();
          else setImmediate(() => socket.resetAndDestroy());
        });
      });
    });
  }

  it.each([1, randomInt(2 ** 31 - 1)])('outlives any request, seed %i', async (seed) => {
    await fc.assert(
      fc.asyncProperty(streams, async (clients) => {
        await Promise.all(clients.map(({ requests, ending }) => converse(requests.join(''), ending)));
        const live = await fetch(`http://${server.host}:${HTTP_PORT}/health/live`);
        expect(live.status).toBe(200);
      }),
      { seed, numRuns: 40, endOnFailure: true },
    );
    // Nor does the barrier around the listener have anything to catch.
    expect(server.output()).not.toMatch(/server_fault|"route":"listener"/);
  });

  it('logs what nothing caught, stops in order, and exits 1; a supervisor starts it again', async () => {
    await server.kill('SIGUSR2');
    expect(server.exitCode()).toBe(1);
    const faults = server
      .output()
      .split('\n')
      .filter((line) => line.includes('server_fault'))
      .map((line) => JSON.parse(line));
    expect(faults).toMatchObject([{ level: 'error', event: 'server_fault' }]);
    expect(faults[0].error).toMatch(/^Error: a fault of the test\n +at /);
    await expect(fetch(`http://${server.host}:${HTTP_PORT}/health/live`)).rejects.toThrow();
    await server.restart();
    expect((await fetch(`http://${server.host}:${HTTP_PORT}/health/live`)).status).toBe(200);
  });
});
