/** What an agent that wants to spend more than it may can try at its gateway; over real sockets. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, type GatewayFixture, listen, openFixture } from '../test-support/gateway.ts';
import { spendingFixture } from '../test-support/spending.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Waits for what a loaded machine may take a while for. */
const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 20_000 });

const PATH = '/anthropic/v1/messages';
const BODY = { model: 'haiku', max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] };
const WORST = Math.ceil((JSON.stringify(BODY).length + 2000) * 1.25) + 5000;

/** An upstream that keeps every request waiting, and a run with so much left. */
async function start(monthly: number, limits = {}) {
  const seen: http.ServerResponse[] = [];
  const upstream = await listen((request, response) => {
    request.resume();
    request.once('end', () => seen.push(response));
  });
  const money = spendingFixture(monthly);
  const baseUrl = `http://127.0.0.1:${(upstream.server.address() as AddressInfo).port}`;
  const gateway = await openFixture(
    { upstream: { kind: 'anthropic', baseUrl, apiKey: 'sk-ant-real-key' }, spending: money.spending },
    { limits: { llmBudgetWaitMs: 0, ...limits } },
  );
  cleanUps.push(upstream.close, gateway.close);
  return { ...money, gateway, seen };
}

const headersOf = (gateway: GatewayFixture) => ({ 'x-api-key': gateway.gateway.runToken });
const send = (
  gateway: GatewayFixture,
  body: object | string | Buffer,
  headers: Record<string, string> = {},
) =>
  ask(gateway, PATH, {
    headers: { ...headersOf(gateway), ...headers },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });

/** Sends and hangs up when the upstream has it. */
async function hangUp({ gateway, seen }: { gateway: GatewayFixture; seen: unknown[] }, body: object = BODY) {
  const before = seen.length;
  const request = http.request({
    socketPath: gateway.socketPath,
    path: PATH,
    method: 'POST',
    headers: headersOf(gateway),
    agent: false,
  });
  request.on('error', () => {});
  request.end(JSON.stringify(body));
  await eventually(() => seen.length).toBe(before + 1);
  request.destroy();
}

describe('an agent that wants to spend more than it may', () => {
  it('asks for the dearest model and an endless answer', async () => {
    const run = await start(1_000_000);
    const received = await send(run.gateway, { ...BODY, model: 'opus', max_tokens: 1_000_000_000 });
    expect(received).toMatchObject({ status: 400, body: expect.stringContaining('budget_exhausted') });
    expect([run.seen.length, run.cap.spent, run.cap.reserved]).toEqual([0, 0, 0]);
  });

  it.each<[string, object | string | Buffer, Record<string, string>]>([
    ['names a model without a price', { ...BODY, model: 'claude-next' }, {}],
    ['names two models', `{"model":"haiku","max_tokens":1,"messages":[],"model":"opus"}`, {}],
    [
      'searches the web at the provider',
      { ...BODY, tools: [{ type: 'web_search_20250305', name: 'w' }] },
      {},
    ],
    ['wants to be served first', { ...BODY, service_tier: 'auto' }, {}],
    ['wants to be served fast', { ...BODY, speed: 'fast' }, {}],
    ['sends an encoded body', gzipSync(JSON.stringify(BODY)), { 'content-encoding': 'gzip' }],
    ['sends an encoded body and keeps quiet about it', gzipSync(JSON.stringify(BODY)), {}],
    ['sends another charset', BODY, { 'content-type': 'application/json; charset=utf-7' }],
    ['sends a form', BODY, { 'content-type': 'multipart/form-data' }],
    ['turns on a longer context', BODY, { 'anthropic-beta': 'context-1m-2025-08-07' }],
    [
      'hides a beta feature among others',
      BODY,
      {
        'anthropic-beta': 'interleaved-thinking-2025-05-14, fast-mode-2026-02-01',
      },
    ],
    ['sets another header of the provider’s', BODY, { 'anthropic-priority': 'high' }],
  ])('%s: refused, and nothing goes on', async (_what, body, headers) => {
    const run = await start(1_000_000_000);
    const received = await send(run.gateway, body, headers);
    expect(received).toMatchObject({ status: 400, body: expect.stringContaining('a budget is in force') });
    expect(run.seen).toHaveLength(0);
  });

  it('hides the model behind a megabyte: it is found, and the megabyte has its price', async () => {
    const { model, ...rest } = BODY;
    const run = await start(1_000_000);
    const received = await send(run.gateway, { system: 'x '.repeat(512 * 1024), ...rest, model: 'opus' });
    expect(received.body).toMatch(/may cost up to \$1\.2[78]/);
    expect(model).toBe('haiku');
  });

  it('opens sixteen requests at once: as many go on as fit together', async () => {
    const run = await start(4 * WORST + 100);
    const refused: number[] = [];
    for (let index = 0; index < 16; index++) {
      send(run.gateway, BODY).then(
        ({ status }) => refused.push(status),
        () => undefined,
      );
    }
    await eventually(() => refused.length).toBe(12);
    expect(new Set(refused)).toEqual(new Set([400]));
    expect(run.seen).toHaveLength(4);
    expect(run.cap.spent + run.cap.reserved).toBe(4 * WORST);
  });

  it('hangs up before the answer, again and again: each costs its input, until nothing is left', async () => {
    const run = await start(2 * WORST);
    const input = Math.ceil((JSON.stringify(BODY).length + 2000) * 1.25);
    for (let times = 1; times <= 3; times++) {
      await hangUp(run);
      await eventually(() => run.cap.reserved).toBe(0);
      expect(run.cap.spent).toBeGreaterThanOrEqual(times * input);
    }
    await eventually(async () => (await send(run.gateway, BODY)).status).toBe(400);
  });

  it('hangs up in the middle of an answer: what it may have been so far counts', async () => {
    const run = await start(1_000_000);
    const request = http.request({
      socketPath: run.gateway.socketPath,
      path: PATH,
      method: 'POST',
      headers: headersOf(run.gateway),
      agent: false,
    });
    request.on('error', () => {});
    const got = new Promise<void>((resolve) => {
      request.on('response', (received) => {
        let bytes = 0;
        received.on('error', () => {});
        received.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes >= 2000) resolve();
        });
      });
    });
    request.end(JSON.stringify({ ...BODY, stream: true }));
    await eventually(() => run.seen.length).toBe(1);
    run.seen[0]?.writeHead(200, { 'content-type': 'text/event-stream' });
    const first =
      'data: {"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1}}}\n\n';
    run.seen[0]?.write(`${first}data: ${'x'.repeat(2000)}\n\n`);
    await got;
    request.destroy();
    // A token for every four bytes at least.
    await eventually(() => run.cap.spent).toBeGreaterThanOrEqual(10 + 500 * 5);
    expect(run.cap.spent).toBeLessThanOrEqual(10 + 1000 * 5);
  });

  it('fills the memory with bodies: together they get the room of one', async () => {
    const run = await start(1_000_000_000, { llmHeldBytes: 100_000 });
    const big = { ...BODY, system: 'x'.repeat(60_000) };
    send(run.gateway, big).catch(() => undefined);
    await eventually(() => run.seen.length).toBe(1);
    expect((await send(run.gateway, big)).status).toBe(429);
    run.seen[0]?.writeHead(200, { 'content-type': 'application/json' });
    run.seen[0]?.end('{"usage":{"input_tokens":1,"output_tokens":1}}');
    await eventually(() => run.cap.reserved).toBe(0);
    send(run.gateway, big).catch(() => undefined);
    await eventually(() => run.seen.length).toBe(2);
  });

  it('sends more than a body may be, without saying so before', async () => {
    const run = await start(1_000_000_000, { llmBodyBytes: 1000 });
    const received = await send(
      run.gateway,
      { ...BODY, system: 'x'.repeat(2000) },
      { 'transfer-encoding': 'chunked' },
    );
    expect(received.status).toBe(413);
    expect(run.seen).toHaveLength(0);
  });
});
