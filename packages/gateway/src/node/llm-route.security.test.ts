import { afterEach, expect, test } from 'vitest';
import { ask, exchange, type GatewayFixture, listen, openFixture } from '../test-support/gateway.ts';

const KEY = 'sk-ant-real-key-of-the-operator';
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A gateway before an upstream that notes each request that gets through. */
async function start(limits = {}) {
  const through: string[] = [];
  const upstream = await listen((request, response) => {
    through.push(`${request.method} ${request.url}`);
    request.on('data', () => {});
    request.on('end', () => response.end('{}'));
  });
  const fixture = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey: KEY } },
    { limits },
  );
  cleanUps.push(upstream.close, fixture.close);
  return { fixture, through };
}
const token = (fixture: GatewayFixture) => ({ 'x-api-key': fixture.gateway.runToken });

test('wants the token of this very run', async () => {
  const { fixture, through } = await start();
  const other = await openFixture();
  cleanUps.push(other.close);
  const right = fixture.gateway.runToken;
  const wrong = ['', 'x', KEY, other.gateway.runToken, right.slice(0, -1), `${right}a`, right.toUpperCase()];
  for (const given of wrong) {
    const answer = await ask(fixture, '/anthropic/v1/messages', { headers: { 'x-api-key': given } });
    expect([given, answer.status]).toEqual([given, 401]);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { type: 'authentication_error' } });
  }
  const bearer = { authorization: `Bearer ${right}` };
  expect((await ask(fixture, '/anthropic/v1/messages', { headers: bearer })).status).toBe(401);
  expect(through).toEqual([]);
  expect(fixture.events).toHaveLength(wrong.length + 1);
  expect(JSON.stringify(fixture.events)).not.toContain(right.slice(0, 20));
});

test.each([
  '/',
  '/anthropic',
  '/anthropic/v1/models',
  '/anthropic/v1/files',
  '/anthropic/v1/messages/',
  '/anthropic/v1/messages/batches',
  '/anthropic//v1/messages',
  '/anthropic/v1/../v1/messages',
  '/anthropic/v1/messages/../../v1/organizations/api_keys',
  '/anthropic/v1/%6dessages',
  '/anthropic/v1/messages;x=y',
  '/ANTHROPIC/v1/messages',
  '/anthropic/v1/messages?x=%2e%2e/',
  `/anthropic/v1/messages?${'a'.repeat(300)}`,
  '/anthropic/v1/messages?a#b',
  '/anthropic/v1/messages@evil.example',
  '//evil.example/anthropic/v1/messages',
  '/openai/v1/chat/completions',
])('has no route %s', async (path) => {
  const { fixture, through } = await start();
  const answer = await ask(fixture, path, { headers: token(fixture) });
  expect(answer.status).toBe(404);
  expect(through).toEqual([]);
});

test.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('has no method %s', async (method) => {
  const { fixture, through } = await start();
  const answer = await ask(fixture, '/anthropic/v1/messages', { method, headers: token(fixture) });
  expect(answer.status).toBe(405);
  expect(through).toEqual([]);
});

test('refuses a body over the limit, announced or not, and lets one at the limit through', async () => {
  const { fixture, through } = await start({ llmBodyBytes: 1_000 });
  const headers = token(fixture);
  const tooLarge = Buffer.alloc(1_001, 'a');
  const announced = await ask(fixture, '/anthropic/v1/messages', { headers, body: tooLarge });
  expect(announced.status).toBe(413);
  const chunked = await ask(fixture, '/anthropic/v1/messages', {
    headers: { ...headers, 'transfer-encoding': 'chunked' },
    body: tooLarge,
  });
  expect(chunked.status).toBe(413);
  expect(JSON.parse(chunked.body)).toMatchObject({ error: { type: 'request_too_large' } });
  const fits = await ask(fixture, '/anthropic/v1/messages', { headers, body: tooLarge.subarray(1) });
  expect(fits.status).toBe(200);
  expect(through.filter((line) => line === 'POST /v1/messages').length).toBeLessThanOrEqual(2);
});

test.each([
  ['the wrong token', 'x-api-key: x\r\n', 401],
  ['no such route', '', 404],
  ['too large a body', 'TOKEN', 413],
])('answers a client that sends its whole body first: %s', async (_why, header, status) => {
  const { fixture } = await start({ llmBodyBytes: 1_000 });
  const path = status === 404 ? '/x' : '/anthropic/v1/messages';
  const key = header.replace('TOKEN', `x-api-key: ${fixture.gateway.runToken}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\n${key}Content-Length: 5000000\r\n\r\n`;
  const answer = await exchange(fixture, head + 'x'.repeat(5_000_000));
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*tinyfat gateway`, 's'));
});

test('serves only so many LLM requests at once, and again when one has ended', async () => {
  const { promise: release, resolve: open } = Promise.withResolvers<void>();
  const upstream = await listen((_request, response) => {
    release.then(() => response.end('{}'));
  });
  const fixture = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey: KEY } },
    { limits: { llmRequests: 2 } },
  );
  cleanUps.push(upstream.close, fixture.close);
  const send = () => ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  const running = [send(), send()];
  await expect.poll(() => fixture.gateway.timing().requests).toBe(2);
  const third = await send();
  expect(third.status).toBe(429);
  expect(JSON.parse(third.body)).toMatchObject({ error: { type: 'rate_limit_error' } });
  open();
  expect((await Promise.all(running)).map((answer) => answer.status)).toEqual([200, 200]);
  await expect.poll(async () => (await send()).status).toBe(200);
});

test.each([
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}'],
  ['length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
  ['a hidden header', 'X: a\rTransfer-Encoding: chunked\r\n\r\n{}'],
  ['a space before the colon', 'Content-Length : 2\r\n\r\n{}'],
  ['a folded header', 'X: a\r\n Content-Length: 2\r\n\r\n{}'],
  ['an unknown encoding', 'Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
])('passes no request on whose framing is in doubt: %s', async (_name, rest) => {
  const { fixture, through } = await start();
  const smuggled = 'POST /v1/organizations HTTP/1.1\r\nHost: a\r\n\r\n';
  await exchange(
    fixture,
    `POST /anthropic/v1/messages HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx-api-key: ${fixture.gateway.runToken}\r\n${rest}${smuggled}`,
    'HTTP/1.1 ',
  );
  expect(through.filter((line) => line !== 'POST /v1/messages')).toEqual([]);
});

test('ends a run that asks without end', async () => {
  const { fixture } = await start({ requests: 5 });
  const answers: number[] = [];
  for (let index = 0; index < 5; index += 1) answers.push((await ask(fixture, '/x')).status);
  expect(answers).toEqual([404, 404, 404, 404, 404]);
  await expect(ask(fixture, '/x')).rejects.toThrow();
});

test('reports only so many events, and says that there were more', async () => {
  const { fixture } = await start({ events: 3 });
  for (let index = 0; index < 6; index += 1)
    await ask(fixture, '/\tx'.replace('\t', 'é'), {}).catch(() => null);
  for (let index = 0; index < 6; index += 1) await ask(fixture, '/x');
  expect(fixture.events).toHaveLength(4);
  expect(fixture.events.at(-1)).toEqual({ kind: 'left_out' });
});

test('refuses a base URL or key that cannot be used', async () => {
  for (const upstream of [
    { kind: 'anthropic' as const, baseUrl: 'ftp://a.example', apiKey: KEY },
    { kind: 'anthropic' as const, baseUrl: 'nonsense', apiKey: KEY },
    { kind: 'anthropic' as const, baseUrl: 'https://a.example', apiKey: '' },
    { kind: 'anthropic' as const, baseUrl: 'https://a.example', apiKey: 'a\r\nb: c' },
  ]) {
    await expect(openFixture({ upstream })).rejects.toThrow(/LLM/);
  }
});
