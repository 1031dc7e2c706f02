/** What a run costs is counted as it flows and stopped at the cap; over real sockets. */
import http, { type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, type GatewayFixture, listen, openFixture } from '../test-support/gateway.ts';
import { type SpendingFixture, spendingFixture } from '../test-support/spending.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Waits for what a loaded machine may take a while for. */
const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 20_000 });

interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens?: number;
  cache_creation?: object;
}

const sse = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const begin = (usage: Usage) => sse('message_start', { message: { usage } });
const finish = (output_tokens: number) => sse('message_delta', { usage: { output_tokens } });
const answer = (response: ServerResponse, usage: Usage) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'message', usage }));
};

async function start(monthly: number | null, listener: http.RequestListener, limits = {}) {
  let asked = 0;
  const upstream = await listen((request, response) => {
    asked += 1;
    request.resume();
    request.once('end', () => listener(request, response));
  });
  const fixture = spendingFixture(monthly);
  const gateway = await openFixture(
    {
      upstream: { kind: 'anthropic', baseUrl: upstream.url, apiKey: 'sk-ant-real-key' },
      spending: fixture.spending,
    },
    { limits: { llmBudgetWaitMs: 0, ...limits } },
  );
  cleanUps.push(upstream.close, gateway.close);
  return { ...fixture, gateway, asked: () => asked };
}

const BODY = { model: 'haiku', max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] };
const WORST = Math.ceil((JSON.stringify(BODY).length + 2000) * 1.25) + 5000;

function send(gateway: GatewayFixture, body: object | string = BODY, path = '/anthropic/v1/messages') {
  return ask(gateway, path, {
    headers: { 'x-api-key': gateway.gateway.runToken, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
const errorOf = (received: { body: string }) => JSON.parse(received.body).error;

/** Sends and gives the answer as it comes; `cut` resolves when the answer breaks off, `end` when it is whole. */
function stream(gateway: GatewayFixture, body: object = BODY) {
  const request = http.request({
    socketPath: gateway.socketPath,
    path: '/anthropic/v1/messages',
    method: 'POST',
    headers: { 'x-api-key': gateway.gateway.runToken },
    agent: false,
  });
  const ended = new Promise<'cut' | 'end'>((resolve) => {
    request.on('error', () => resolve('cut'));
    request.on('response', (received) => {
      received.resume();
      received.on('end', () => resolve('end'));
      received.on('error', () => resolve('cut'));
    });
  });
  request.end(JSON.stringify(body));
  return { request, ended };
}

const settled = (money: SpendingFixture, microUsd: number) =>
  eventually(() => [money.settled().microUsd, money.reserved()]).toEqual([microUsd, 0]);

describe('a run with a cap', () => {
  it('is counted with the price of the model that each request names, and gives back what it did not need', async () => {
    const run = await start(1_000_000, (_request, response) =>
      answer(response, { input_tokens: 100, output_tokens: 10 }),
    );
    expect((await send(run.gateway)).status).toBe(200);
    await settled(run, 150);
    expect((await send(run.gateway, { ...BODY, model: 'opus' })).status).toBe(200);
    await settled(run, 150 + 750);
    expect(run.gateway.gateway.cost()).toBe(900);
    expect(run.settled()).toMatchObject({ input: 200, output: 20, requests: 2 });
  });

  it('has the worst case of a request set aside before it goes on', async () => {
    const held: number[] = [];
    const run = await start(WORST, (_request, response) => {
      held.push(run.cap.reserved + run.cap.spent);
      answer(response, { input_tokens: 100, output_tokens: 10 });
    });
    expect((await send(run.gateway)).status).toBe(200);
    expect(held).toEqual([WORST]);
  });

  it('refuses a request whose worst case does not fit, with status 400 and what would fit', async () => {
    const run = await start(WORST - 1, (_request, response) => response.end());
    const received = await send(run.gateway);
    expect(received.status).toBe(400);
    expect(errorOf(received)).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringMatching(/budget_exhausted: .* all agents of this owner share .* at most 999 it/),
    });
    expect(run.asked()).toBe(0);
    expect(run.settled().microUsd).toBe(0);
  });

  it('suggests no shorter answer where even the input is too dear', async () => {
    const run = await start(10, (_request, response) => response.end());
    expect(errorOf(await send(run.gateway)).message).not.toContain('would fit');
  });

  it('counts requests under way together', async () => {
    const waiting: ServerResponse[] = [];
    const run = await start(3 * WORST, (_request, response) => waiting.push(response));
    const sent = Array.from({ length: 8 }, () => send(run.gateway));
    await refusals(sent, 5);
    expect(run.asked()).toBe(3);
    for (const response of waiting) answer(response, { input_tokens: 1, output_tokens: 1 });
    const codes = (await Promise.all(sent)).map(({ status }) => status).sort();
    expect(codes).toEqual([200, 200, 200, 400, 400, 400, 400, 400]);
    await settled(run, 18);
  });

  it('lets a request wait for money that others hold', async () => {
    const waiting: ServerResponse[] = [];
    const run = await start(WORST + 100, (_request, response) => waiting.push(response), {
      llmBudgetWaitMs: 20_000,
    });
    const first = send(run.gateway);
    await eventually(() => waiting.length).toBe(1);
    const second = send(run.gateway);
    const [one] = waiting;
    if (one) answer(one, { input_tokens: 1, output_tokens: 1 });
    expect((await first).status).toBe(200);
    await eventually(() => waiting.length).toBe(2);
    const [, two] = waiting;
    if (two) answer(two, { input_tokens: 1, output_tokens: 1 });
    expect((await second).status).toBe(200);
  });

  it('cuts an answer in mid-stream when the provider counts more than the cap has', async () => {
    let open: ServerResponse | undefined;
    const run = await start(WORST, (_request, response) => {
      open = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(begin({ input_tokens: 100, output_tokens: 1 }));
    });
    const { ended } = stream(run.gateway);
    await eventually(() => run.gateway.gateway.usage().input).toBe(100);
    const closed = new Promise((resolve) => open?.once('close', resolve));
    open?.write(finish(4000));
    expect(await ended).toBe('cut');
    await closed;
    await settled(run, 100 + 4000 * 5);
    expect(errorOf(await send(run.gateway)).message).toContain('budget_exhausted');
  });

  it('lets the same answer go on where the cap has more', async () => {
    const run = await start(10 * WORST, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(begin({ input_tokens: 100, output_tokens: 1 }) + finish(4000));
    });
    expect(await stream(run.gateway).ended).toBe('end');
    await settled(run, 100 + 4000 * 5);
  });

  it('counts entries of the cache that live for an hour at their own price', async () => {
    const usage = { input_tokens: 0, output_tokens: 1, cache_creation_input_tokens: 100 };
    const run = await start(1_000_000, (_request, response) =>
      answer(response, { ...usage, cache_creation: { ephemeral_1h_input_tokens: 100 } }),
    );
    const system = [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } }];
    await send(run.gateway, { ...BODY, system });
    await settled(run, 205);
  });

  it('writes the cost of a request down while it is still under way', async () => {
    let open: ServerResponse | undefined;
    const run = await start(
      1_000_000,
      (_request, response) => {
        open = response;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(begin({ input_tokens: 1000, output_tokens: 1 }));
      },
      { llmSettleMs: 10 },
    );
    const { ended } = stream(run.gateway);
    await eventually(() => run.settled().input).toBe(1000);
    expect(run.settled().microUsd).toBeGreaterThanOrEqual(1000);
    expect(run.cap.spent + run.cap.reserved).toBe(WORST);
    open?.end(finish(10));
    await ended;
    await settled(run, 1050);
  });

  it('lets count_tokens pass, which costs nothing', async () => {
    const run = await start(0, (_request, response) =>
      answer(response, { input_tokens: 7, output_tokens: 0 }),
    );
    const path = '/anthropic/v1/messages/count_tokens';
    expect((await send(run.gateway, { model: 'opus', messages: [] }, path)).status).toBe(200);
    expect(run.gateway.gateway.cost()).toBe(0);
  });

  it('costs nothing where the provider said no, or could not be reached', async () => {
    const run = await start(1_000_000, (_request, response) => {
      response.writeHead(529, { 'content-type': 'application/json' });
      response.end('{"type":"error"}');
    });
    expect((await send(run.gateway)).status).toBe(529);
    await settled(run, 0);
    await cleanUps.shift()?.();
    expect((await send(run.gateway)).status).toBe(502);
    await settled(run, 0);
  });

  it('gives an error that may pass where the budget can’t be read', async () => {
    const run = await start(1_000_000, (_request, response) => response.end());
    run.spending.reserve = () => Promise.reject(new Error('database is locked'));
    expect((await send(run.gateway)).status).toBe(500);
    expect(run.asked()).toBe(0);
  });
});

/** Resolves when so many were refused. */
function refusals(sent: Promise<{ status: number }>[], count: number): Promise<void> {
  let refused = 0;
  return new Promise((resolve) => {
    for (const one of sent) {
      one.then(({ status }) => {
        if (status === 400) refused += 1;
        if (refused === count) resolve();
      });
    }
  });
}

describe('a run without a cap', () => {
  it('is counted with the price of the model named, the dearest where that is not known', async () => {
    const run = await start(null, (_request, response) =>
      answer(response, { input_tokens: 100, output_tokens: 10 }),
    );
    await send(run.gateway);
    await settled(run, 150);
    await send(run.gateway, { ...BODY, model: 'unheard-of' });
    await settled(run, 150 + 750);
    await send(run.gateway, '{"model":"haiku","model":"opus"}');
    await settled(run, 150 + 750 + 750);
    // What a cap would refuse passes, at the price of its model.
    expect((await send(run.gateway, { ...BODY, service_tier: 'auto' })).status).toBe(200);
    await settled(run, 150 + 750 + 750 + 150);
  });
});
