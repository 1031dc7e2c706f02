/** Runs that send more to the model than the host can hold: they are refused with what to do, others are served. */
import http from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask, type GatewayFixture, listen, openFixture } from '../test-support/gateway.ts';
import { spendingFixture } from '../test-support/spending.ts';
import type { Gateway } from './gateways.ts';
import type { GatewayLimits } from './limits.ts';

const KEY = 'sk-ant-real-key';
const PATH = '/anthropic/v1/messages';
const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Run {
  socketPath: string;
  gateway: Gateway;
}

/** A host of some runs, with a cap or without. */
async function start(limits: Partial<GatewayLimits>, capped = true) {
  const seen = { bodies: [] as number[] };
  const upstream = await listen((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      seen.bodies.push(bytes);
      response.end('{}');
    });
  });
  const request = {
    upstream: { kind: 'anthropic' as const, baseUrl: upstream.url, apiKey: KEY },
    spending: spendingFixture(capped ? 1_000_000_000 : null).spending,
  };
  const fixture = await openFixture(request, { limits });
  cleanUps.push(upstream.close, fixture.close);
  const another = async (name: string): Promise<Run> => {
    const socketPath = join(fixture.folder, `${name}.sock`);
    const opened = await fixture.gateways.open({
      ...request,
      runId: name,
      socketPath,
      egress: { kind: 'none' },
    });
    if (!opened.ok) throw new Error(opened.reason);
    return { socketPath, gateway: opened.gateway };
  };
  return { fixture, seen, another };
}

const headersOf = ({ gateway }: Run) => ({ 'x-api-key': gateway.runToken });
const send = (run: Run, body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(run, PATH, { headers: { ...headersOf(run), ...headers }, body });

/** A request of so many bytes, padded with blanks. */
const body = (bytes: number) =>
  JSON.stringify({ model: 'haiku', max_tokens: 10, messages: [] }).padEnd(bytes, ' ');

/** Begins a request and sends so much of its body; resolves when the gateway has taken it. */
async function hoard(run: Run, bytes: number): Promise<http.ClientRequest> {
  const request = http.request({
    socketPath: run.socketPath,
    path: PATH,
    method: 'POST',
    headers: { ...headersOf(run), 'content-length': String(bytes + 1) },
    agent: false,
  });
  request.on('error', () => {});
  cleanUps.push(() => void request.destroy());
  await new Promise<void>((resolve) => request.write(Buffer.alloc(bytes, ' '), () => resolve()));
  return request;
}

test('bodies of one run that are held at once have one budget; who gets none is told to wait', async () => {
  const { fixture, seen } = await start({ llmHeldBytes: 100_000, llmBodyBytes: 90_000 });
  const hoarding = await hoard(fixture, 60_000);
  await expect.poll(async () => (await send(fixture, body(50_000))).status).toBe(429);
  const refused = await send(fixture, body(50_000));
  expect(refused.headers['retry-after']).toBe('1');
  expect(JSON.parse(refused.body)).toEqual({
    type: 'error',
    error: {
      type: 'rate_limit_error',
      message:
        'tinyfat gateway: too much is sent to the LLM at once; wait until a request has been answered, then send this one again',
    },
  });
  expect((await send(fixture, body(30_000))).status).toBe(200);
  hoarding.destroy();
  await expect.poll(async () => (await send(fixture, body(80_000))).status).toBe(200);
  expect(seen.bodies).toContain(80_000);
});

test('runs that hoard leave room for the next, and what they held is free when they end', async () => {
  const { fixture, another } = await start({ llmHostBytes: 400_000, llmHeldBytes: 300_000 });
  const second = await another('second');
  await hoard(fixture, 190_000);
  await hoard(second, 90_000);
  await expect.poll(async () => (await send(second, body(60_000))).status).toBe(429);
  const third = await another('third');
  expect((await send(third, body(50_000))).status).toBe(200);
  await fixture.gateway.close();
  await second.gateway.close();
  expect((await send(third, body(190_000))).status).toBe(200);
});

test('what a run may send in all is bounded, refused bodies included', async () => {
  const { fixture, seen } = await start({ llmSentBytes: 100_000, llmBodyBytes: 60_000 });
  const chunked = { 'transfer-encoding': 'chunked' };
  expect((await send(fixture, body(50_000))).status).toBe(200);
  expect((await send(fixture, 'x'.repeat(61_000), chunked)).status).toBe(413);
  const refused = await send(fixture, body(100));
  expect(refused.status).toBe(413);
  expect(JSON.parse(refused.body).error).toMatchObject({ type: 'request_too_large' });
  expect(refused.body).toContain('this run has sent 100000 bytes');
  expect(seen.bodies).toEqual([50_000]);
});

test('the same holds for a run without a cap', async () => {
  const { fixture, seen } = await start({ llmSentBytes: 100_000, llmBodyBytes: 60_000 }, false);
  expect((await send(fixture, body(60_000))).status).toBe(200);
  expect((await send(fixture, 'x'.repeat(61_000), { 'transfer-encoding': 'chunked' })).status).toBe(413);
  expect((await send(fixture, body(50_000))).status).toBe(413);
  expect(seen.bodies).toEqual([60_000]);
});

test('a body that does not come to its end is given up, and its room is free again', async () => {
  const { fixture } = await start({ llmBodyMs: 50, llmHeldBytes: 100_000 });
  const request = await hoard(fixture, 90_000);
  const answer = await new Promise<http.IncomingMessage>((resolve) => request.once('response', resolve));
  expect(answer.statusCode).toBe(408);
  let text = '';
  for await (const chunk of answer) text += chunk;
  expect(JSON.parse(text).error.message).toContain('did not arrive within 50 ms');
  expect((await send(fixture, body(90_000))).status).toBe(200);
});

test('an upstream that is silent is given up with 504', async () => {
  const upstream = await listen((request) => void request.resume());
  const fixture = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey: KEY } },
    { limits: { llmIdleMs: 50 } },
  );
  cleanUps.push(upstream.close, fixture.close);
  const answer = await send(fixture, '{}');
  expect(answer.status).toBe(504);
  expect(JSON.parse(answer.body).error).toMatchObject({ type: 'api_error' });
});

/** A run of the demo model. */
async function demo(limits: Partial<GatewayLimits> = {}): Promise<GatewayFixture> {
  const fixture = await openFixture({}, { limits });
  cleanUps.push(fixture.close);
  return fixture;
}

test('the demo model parses no more than its own limit, and holds no more than the budget', async () => {
  const small = await demo({ demoBodyBytes: 10_000 });
  expect((await send(small, body(10_001))).status).toBe(413);
  const shared = await demo({ llmHeldBytes: 50_000 });
  await hoard(shared, 40_000);
  await expect.poll(async () => (await send(shared, body(20_000))).status).toBe(429);
});

test('the demo model answers a request of very many parts', async () => {
  const fixture = await demo();
  const parts = Array.from({ length: 150_000 }, () => ({ type: 'tool_result' }));
  const request = { model: 'demo', messages: [{ role: 'user', content: parts }] };
  expect((await send(fixture, JSON.stringify(request))).status).toBe(200);
});
