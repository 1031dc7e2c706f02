import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask, type GatewayFixture, listen, openFixture, UNCAPPED } from '../test-support/gateway.ts';

const KEY = 'sk-ant-real-key-of-the-operator';
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(listener: http.RequestListener, base = '', limits = {}) {
  const upstream = await listen(listener);
  const fixture = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl: upstream.url + base, apiKey: KEY } },
    { limits },
  );
  cleanUps.push(upstream.close, fixture.close);
  return { upstream, fixture };
}

const token = (fixture: GatewayFixture) => ({ 'x-api-key': fixture.gateway.runToken });
const reply = (response: ServerResponse, body: object, status = 200, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

/** Opens a streaming request and gives its chunks one by one. */
function stream(fixture: GatewayFixture) {
  const request = http.request({
    socketPath: fixture.socketPath,
    path: '/anthropic/v1/messages',
    method: 'POST',
    headers: token(fixture),
    agent: false,
  });
  request.on('error', () => {});
  const answer = new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
  request.end('{}');
  return { request, answer };
}
const nextChunk = (answer: IncomingMessage) =>
  new Promise<string>((resolve) => answer.once('data', (chunk: Buffer) => resolve(String(chunk))));

test('sends the request to the base URL with the real key, and nothing that the sandbox should not choose', async () => {
  const seen: { url: string | undefined; headers: http.IncomingHttpHeaders; body: string }[] = [];
  const { fixture, upstream } = await start((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push({ url: request.url, headers: request.headers, body });
      reply(response, { ok: true }, 200, {
        'set-cookie': 'a=b',
        'request-id': 'r1',
        'anthropic-organization-id': 'o',
      });
    });
  }, '/proxy/');
  const answer = await ask(fixture, '/anthropic/v1/messages?beta=true', {
    headers: {
      ...token(fixture),
      host: 'evil.example',
      authorization: 'Bearer mine',
      cookie: 'c=1',
      'proxy-authorization': 'x',
      'x-forwarded-host': 'evil.example',
      'accept-encoding': 'gzip',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'a,b',
      connection: 'keep-alive, x-secret',
      'x-secret': 's',
    },
    body: '{"a":"ü"}',
  });
  expect(answer).toMatchObject({ status: 200, body: '{"ok":true}' });
  expect(answer.headers['request-id']).toBe('r1');
  expect(answer.headers['set-cookie']).toBeUndefined();
  expect(answer.headers['anthropic-organization-id']).toBeUndefined();
  expect(seen).toEqual([
    {
      url: '/proxy/v1/messages?beta=true',
      body: '{"a":"ü"}',
      headers: {
        host: new URL(upstream.url).host,
        'x-api-key': KEY,
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'a,b',
        'accept-encoding': 'identity',
        connection: 'keep-alive',
        'content-length': '10',
      },
    },
  ]);
});

test('passes each event on while the answer is still being written, and counts as it flows', async () => {
  const { promise: held, resolve: hold } = Promise.withResolvers<ServerResponse>();
  const { fixture } = await start((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"type":"message_start","message":{"usage":{"input_tokens":7}}}\n\n');
    hold(response);
  });
  const answer = await stream(fixture).answer;
  expect(await nextChunk(answer)).toContain('message_start');
  expect(fixture.gateway.usage()).toEqual({ input: 7, output: 0, cacheRead: 0, cacheWrite: 0 });
  const response = await held;
  const second = nextChunk(answer);
  response.write('data: {"type":"message_delta","usage":{"output_tokens":3}}\n\n');
  expect(await second).toContain('message_delta');
  expect(fixture.gateway.usage().output).toBe(3);
  const ended = new Promise((resolve) => answer.once('end', resolve));
  response.end();
  await ended;
});

test('hangs up on the LLM when the sandbox does', async () => {
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  const { fixture } = await start((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    response.once('close', () => onClosed());
  });
  const { request, answer } = stream(fixture);
  await nextChunk(await answer);
  request.destroy();
  await closed;
});

test('hangs up also before the answer has begun', async () => {
  const { promise: arrived, resolve: onArrived } = Promise.withResolvers<void>();
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  const { fixture } = await start((_request, response) => {
    response.once('close', () => onClosed());
    onArrived();
  });
  const { request } = stream(fixture);
  await arrived;
  request.destroy();
  await closed;
  await expect.poll(() => fixture.events).toMatchObject([{ kind: 'llm', path: '/v1/messages', status: 499 }]);
});

test('never turns a cut answer into a whole one', async () => {
  const { fixture } = await start((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: half\n\n', () => response.socket?.destroy());
  });
  await expect(ask(fixture, '/anthropic/v1/messages', { headers: token(fixture) })).rejects.toThrow();
});

test.each([400, 401, 429, 500, 529])('passes status %i through, never with the key in it', async (status) => {
  const { fixture } = await start((request, response) => {
    reply(response, { error: { message: `key ${request.headers['x-api-key']} is bad` } }, status, {
      'retry-after': '3',
      'request-id': `for-${request.headers['x-api-key']}`,
    });
  });
  const answer = await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  expect(answer.status).toBe(status);
  expect(answer.headers['retry-after']).toBe('3');
  expect(answer.body).toContain('is bad');
  expect(JSON.stringify(answer)).not.toContain(KEY);
  expect(fixture.gateway.usage()).toEqual({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 });
});

test('counts a plain JSON answer, but no token count', async () => {
  const { fixture } = await start((_request, response) => {
    reply(response, { input_tokens: 99, usage: { input_tokens: 5, output_tokens: 2 } });
  });
  await ask(fixture, '/anthropic/v1/messages/count_tokens', { headers: token(fixture), body: '{}' });
  expect(fixture.gateway.usage().input).toBe(0);
  await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  expect(fixture.gateway.usage()).toMatchObject({ input: 5, output: 2 });
  expect(fixture.gateway.timing().requests).toBe(2);
});

test('says so as the API would when the LLM cannot be reached', async () => {
  const { fixture, upstream } = await start(() => {});
  await upstream.close();
  const answer = await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  expect(answer.status).toBe(502);
  expect(JSON.parse(answer.body)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
  expect(answer.body).toContain('ECONNREFUSED');
});

test('refuses an answer in an encoding that would hide the key', async () => {
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  const { fixture } = await start((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write('xxx');
    response.once('close', onClosed);
  });
  expect((await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture) })).status).toBe(502);
  await closed;
});

test('keeps the connection to the LLM for the next run', async () => {
  const { fixture, upstream } = await start((request, response) => {
    request.resume();
    reply(response, {});
  });
  let connections = 0;
  upstream.server.on('connection', () => {
    connections += 1;
  });
  await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  await fixture.gateway.close();
  const socketPath = join(fixture.folder, 'second.sock');
  const second = await fixture.gateways.open({
    runId: 'run-2',
    socketPath,
    upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey: 'sk-another-accounts-key' },
    egress: { kind: 'none' },
    spending: UNCAPPED,
  });
  if (!second.ok) throw new Error(second.reason);
  const headers = { 'x-api-key': second.gateway.runToken };
  expect((await ask({ socketPath }, '/anthropic/v1/messages', { headers, body: '{}' })).status).toBe(200);
  expect(connections).toBe(1);
});

test('sends a request once more when the kept connection turns out to be closed', async () => {
  const bodies: string[] = [];
  const { fixture } = await start((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      if (bodies.length === 2) request.socket.destroy();
      else reply(response, { turn: bodies.length });
    });
  });
  const send = (body: string) => ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body });
  await send('{"a":1}');
  const answer = await send('{"a":2}');
  expect(answer).toMatchObject({ status: 200, body: '{"turn":3}' });
  expect(bodies).toEqual(['{"a":1}', '{"a":2}', '{"a":2}']);
});

test('does not repeat a request that failed on a fresh connection', async () => {
  let requests = 0;
  const { fixture } = await start((request) => {
    requests += 1;
    request.socket.destroy();
  });
  const answer = await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  expect(answer.status).toBe(502);
  expect(requests).toBe(1);
});

test('sends a large body', async () => {
  const { fixture } = await start((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => reply(response, { bytes }));
  });
  const body = Buffer.alloc(8 * 1024 * 1024, 'a');
  const answer = await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body });
  expect(answer.body).toBe(`{"bytes":${body.length}}`);
});

test('tells the times of the first request and the last answer', async () => {
  let now = 1_000;
  const upstream = await listen((_request, response) => {
    now += 500;
    reply(response, {});
  });
  const fixture = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey: KEY } },
    { now: () => now },
  );
  cleanUps.push(upstream.close, fixture.close);
  expect(fixture.gateway.timing()).toEqual({ requests: 0, firstRequestAt: null, lastResponseAt: null });
  await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  await ask(fixture, '/anthropic/v1/messages', { headers: token(fixture), body: '{}' });
  await expect.poll(() => fixture.gateway.timing().lastResponseAt).toBe(2_000);
  expect(fixture.gateway.timing()).toEqual({ requests: 2, firstRequestAt: 1_000, lastResponseAt: 2_000 });
  expect(fixture.events).toEqual([
    { kind: 'llm', path: '/v1/messages', status: 200, milliseconds: 500 },
    { kind: 'llm', path: '/v1/messages', status: 200, milliseconds: 500 },
  ]);
});
