import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenKey } from '@tinyfat/core';
import { afterEach, expect, test } from 'vitest';
import { ask, type GatewayFixture, listen, openFixture, UNCAPPED } from '../test-support/gateway.ts';
import { createGateways } from './gateways.ts';

const KEY = 'sk-ant-api03-key-of-an-owner';
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
const send = (fixture: GatewayFixture) =>
  ask(fixture, '/anthropic/v1/messages', {
    headers: { 'x-api-key': fixture.gateway.runToken },
    body: '{}',
  });

test('opens a stored key once for the run, and sends it with each request', async () => {
  const seen: unknown[] = [];
  const upstream = await listen((request, response) => {
    seen.push(request.headers['x-api-key']);
    request.resume();
    response.end('{}');
  });
  let opened = 0;
  const apiKey: OpenKey = async () => {
    opened += 1;
    return { ok: true, key: KEY };
  };
  const fixture = await openFixture({ upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey } });
  cleanUps.push(upstream.close, fixture.close);
  await send(fixture);
  await send(fixture);
  expect(seen).toEqual([KEY, KEY]);
  expect(opened).toBe(1);
});

test.each([200, 400, 401, 403, 500])('strikes a stored key out of an answer with %i', async (status) => {
  const upstream = await listen((request, response) => {
    const echo = `x-api-key ${request.headers['x-api-key']} is bad`;
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': echo });
    for (const half of [echo.slice(0, 20), echo.slice(20)]) response.write(half);
    response.end();
  });
  const fixture = await openFixture({
    upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey: async () => ({ ok: true, key: KEY }) },
  });
  cleanUps.push(upstream.close, fixture.close);
  const answer = await send(fixture);
  expect(answer.body).toBe(`x-api-key ${'*'.repeat(KEY.length)} is bad`);
  expect(answer.headers['request-id']).toBe(answer.body);
});

test('opens nothing for a run whose key does not open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gw-'));
  const gateways = createGateways({ now: Date.now });
  cleanUps.push(() => rm(folder, { recursive: true, force: true }), gateways.close);
  const socketPath = join(folder, 'gateway.sock');
  const refusal = { ok: false as const, code: 'owner_key_unreadable' as const, reason: 'It was changed.' };
  const opened = await gateways.open({
    runId: 'run-1',
    socketPath,
    upstream: { kind: 'anthropic', baseUrl: 'http://127.0.0.1:9', apiKey: async () => refusal },
    egress: { kind: 'none' },
    spending: UNCAPPED,
  });
  expect(opened).toEqual(refusal);
  expect(existsSync(socketPath)).toBe(false);
});

test('refuses a stored key that would break a header', async () => {
  const apiKey: OpenKey = async () => ({ ok: true, key: 'a\r\nx: y' });
  await expect(
    openFixture({ upstream: { kind: 'anthropic', baseUrl: 'http://127.0.0.1:9', apiKey } }),
  ).rejects.toThrow(/LLM key/);
});
