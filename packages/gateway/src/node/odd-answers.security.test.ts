/** Answers that no decent server gives: whatever a page or an endpoint sends, only that one request suffers. */
import { randomInt } from 'node:crypto';
import net from 'node:net';
import { fuzzRuns, fuzzTimeout } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, fakeNetwork, type GatewayFixture, listenOnPort, openFixture } from '../test-support/gateway.ts';
import { failOnUncaught } from '../test-support/uncaught.ts';

failOnUncaught();

/** What the server outside sends once it has the head of a request, and then hangs up. */
let said: string;
let outside: net.Server;
let fixture: GatewayFixture;

beforeEach(async () => {
  said = '';
  outside = net.createServer((socket) => {
    socket.on('error', () => {});
    let head = '';
    socket.on('data', (chunk) => {
      if (head.includes('\r\n\r\n')) return;
      head += chunk.toString('latin1');
      if (head.includes('\r\n\r\n')) socket.end(said, 'latin1');
    });
  });
  const port = await listenOnPort(outside);
  fixture = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl: `http://127.0.0.1:${port}`, apiKey: 'sk-ant-real-key' } },
    { network: fakeNetwork({ 'good.example.com': ['93.184.215.14'] }, () => port) },
  );
});
afterEach(async () => {
  // What a barrier had to catch is a fault of ours all the same.
  expect(fixture.events.filter(({ kind }) => kind === 'fault')).toEqual([]);
  await fixture.close();
  await new Promise((resolve) => outside.close(resolve));
});

/** What a run gets for it: the status, or `cut` where the answer broke off. */
async function statusBy(
  way: 'proxy' | 'model',
  answer: string,
): Promise<{ status: number | 'cut'; body: string }> {
  said = answer;
  const asked =
    way === 'proxy'
      ? ask(fixture, 'http://good.example.com/page', { method: 'GET' })
      : ask(fixture, '/anthropic/v1/messages', {
          headers: { 'x-api-key': fixture.gateway.runToken },
          body: '{}',
        });
  return await asked.then(
    ({ status, body }) => ({ status, body }),
    () => ({ status: 'cut' as const, body: '' }),
  );
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const REFUSED = [
  ['a status below 100', 'HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nok'],
  ['status 000', 'HTTP/1.1 000 x\r\n\r\n'],
  ['status 042 without a reason', 'HTTP/1.1 042\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 1000 x\r\nContent-Length: 2\r\n\r\nok'],
  ['a status of two digits', 'HTTP/1.1 99 x\r\n\r\n'],
  ['a negative status', 'HTTP/1.1 -12 x\r\n\r\n'],
  [
    'another protocol that nobody asked for',
    'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw',
  ],
  ['101 alone', 'HTTP/1.1 101 x\r\n\r\n'],
  ['interim answers without end', 'HTTP/1.1 103 x\r\n\r\n'.repeat(5_000) + OK],
  ['an interim answer alone', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
  ['a control character in a header', 'HTTP/1.1 200 OK\r\nX: a\x01b\r\n\r\nok'],
  ['NUL in a header', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\nok'],
  ['an odd header name', 'HTTP/1.1 200 OK\r\nX y: a\r\n\r\nok'],
  ['a header of 40 kB', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}\r\n\r\nok`],
  ['no HTTP at all', '220 mail.example.com ESMTP\r\n'],
  ['nothing', ''],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
] as const;

describe.each(['proxy', 'model'] as const)('by the %s', (way) => {
  test.each(REFUSED)('%s is answered with 502 and a reason', async (_name, answer) => {
    const { status, body } = await statusBy(way, answer);
    expect(status).toBe(502);
    expect(body).toMatch(/tinyfat gateway: \w+/);
    if (way === 'model')
      expect(JSON.parse(body)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    expect((await statusBy(way, OK)).status).toBe(200);
  });

  test.each([
    ['a reason of control characters', 'HTTP/1.1 200 a\x01\x7f\xffb\r\nContent-Length: 2\r\n\r\nok', 200],
    ['an unknown status', 'HTTP/1.1 599 x\r\nContent-Length: 2\r\n\r\nok', 599],
    [
      'names of properties',
      'HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\nContent-Length: 2\r\n\r\nok',
      200,
    ],
    ['bytes outside ASCII', 'HTTP/1.1 200 OK\r\nX: \xe4\xff\r\nContent-Length: 2\r\n\r\nok', 200],
    [
      'trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n__proto__: z\r\n\r\n',
      200,
    ],
    ['one interim answer first', `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}`, 200],
    ['a length for 204', 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello', 204],
    ['a body that ends with the connection', 'HTTP/1.0 200 OK\r\n\r\nok', 200],
  ])('%s passes', async (_name, answer, expected) => {
    expect((await statusBy(way, answer)).status).toBe(expected);
  });

  test.each([
    ['in its length', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nok'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nok'],
    ['in a chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok'],
    [
      'in its trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: \x01\r\n\r\n',
    ],
  ])('an answer that breaks off %s is cut', async (_name, answer) => {
    expect((await statusBy(way, answer)).status).toBe('cut');
  });

  test.each([1, randomInt(2 ** 31 - 1)])(
    'anything at all leaves the next request alone, seed %i',
    fuzzTimeout(40, 100),
    async (seed) => {
      await fc.assert(
        fc.asyncProperty(oddAnswer, async (answer) => {
          await statusBy(way, answer);
          expect((await statusBy(way, OK)).status).toBe(200);
        }),
        { seed, ...fuzzRuns(40) },
      );
    },
  );
});

/** RFC 9110 section 15: nothing above 599 is a status; no `Response` can have one. */
test('a status above 599 passes by the proxy, and is no answer of a model', async () => {
  const answer = 'HTTP/1.1 999 x\r\nContent-Length: 2\r\n\r\nok';
  expect((await statusBy('proxy', answer)).status).toBe(999);
  expect((await statusBy('model', answer)).status).toBe(502);
});

const byte = fc.constantFrom(...'\0\x01\t\r\n :;,=/019azX\x7f\x80\xff');
const junk = fc.string({ unit: byte, maxLength: 12 });
const statusLine = fc
  .tuple(
    fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'ICY'),
    fc.oneof(
      fc.integer({ min: 0, max: 1100 }).map((n) => String(n).padStart(3, '0')),
      junk,
    ),
    junk,
  )
  .map((parts) => parts.join(' '));
const field = fc.oneof(
  fc.constantFrom(
    'Content-Length: 2',
    'Content-Length: 0',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Connection: close',
    'Connection: keep-alive, content-length, content-type',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Content-Type: text/event-stream',
    'Content-Type: application/json',
    'Trailer: X',
    'Set-Cookie: a=1',
    'Retry-After: \x80',
    'Keep-Alive: timeout=99999999999',
    '__proto__: x',
    'toString: x',
    ': nothing',
    ' folded',
  ),
  fc.tuple(junk, junk).map((pair) => pair.join(':')),
);
const body = fc.oneof(
  fc.constantFrom(
    'ok',
    '2\r\nok\r\n0\r\n\r\n',
    '2\r\nok\r\n0\r\nX: y\r\n\r\n',
    'data: {"usage":[]}\n\n',
    '{"usage":{',
  ),
  junk,
);
const oddAnswer = fc
  .tuple(
    fc.constantFrom('\r\n', '\r\n', '\n'),
    statusLine,
    fc.array(field, { maxLength: 5 }),
    body,
    fc.boolean(),
  )
  .map(([end, line, fields, rest, again]) => {
    const one = [line, ...fields, '', rest].join(end);
    return again ? one + one : one;
  });
