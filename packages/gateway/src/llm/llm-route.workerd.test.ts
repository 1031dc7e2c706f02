/** The LLM route in the runtime of Cloudflare Workers, before a stand-in for the Messages API. */
import { expect, it } from 'vitest';
import type { GatewayEvent } from '../events.ts';
import { LLM_LIMITS, type LlmLimits } from '../limits.ts';
import { spendingFixture } from '../test-support/spending.ts';
import { hostBodies } from './body-budget.ts';
import { openLlmRoute } from './llm-route.ts';
import { UpstreamFault, type UpstreamFetch } from './upstream.ts';

const KEY = 'sk-ant-api03-key-of-an-operator';
const URL_OF_ROUTE = 'http://gateway/anthropic/v1/messages';
const BODY = {
  model: 'haiku',
  max_tokens: 1000,
  stream: true,
  messages: [{ role: 'user', content: 'Hello' }],
};
const WORST = Math.ceil((JSON.stringify(BODY).length + 2000) * 1.25) + 5000;

const sse = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const start = (input_tokens: number) =>
  sse('message_start', { message: { usage: { input_tokens, output_tokens: 1 } } });
const delta = (text: string) => sse('content_block_delta', { delta: { type: 'text_delta', text } });
const finish = (output_tokens: number) => sse('message_delta', { usage: { output_tokens } });

/** An event stream that a test writes by hand. */
function byHand() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return {
    response: new Response(readable, { headers: { 'content-type': 'text/event-stream' } }),
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
    close: () => writer.close(),
    /** Settles when nobody reads any more. */
    closed: writer.closed.then(
      () => 'closed',
      () => 'cut',
    ),
  };
}

async function open(
  fetch: UpstreamFetch,
  monthly: number | null = 1_000_000,
  limits: Partial<LlmLimits> = {},
) {
  const fixture = spendingFixture(monthly);
  const events: GatewayEvent[] = [];
  const opened = await openLlmRoute(
    {
      upstream: { kind: 'anthropic', baseUrl: 'https://llm.example/base/', apiKey: KEY },
      spending: fixture.spending,
      emit: (event) => events.push(event),
    },
    {
      fetch,
      bodies: hostBodies(10_000_000),
      limits: { ...LLM_LIMITS, llmBudgetWaitMs: 0, ...limits },
      now: Date.now,
    },
  );
  if (!opened.ok) throw new Error(opened.reason);
  const { route } = opened;
  const send = (body: object | string = BODY, init: RequestInit = {}) =>
    route.serve(
      new Request(URL_OF_ROUTE, {
        method: 'POST',
        headers: { 'x-api-key': route.runToken, 'content-type': 'application/json', cookie: 'a=b' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
    );
  return { ...fixture, route, events, send };
}
const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 10_000 });

it('passes a stream on as it comes, with the real key on the one side and none on the other', async () => {
  const stream = byHand();
  const asked: { url: string; headers: Headers; body: string }[] = [];
  const run = await open(async (url, { headers, body }) => {
    asked.push({ url, headers, body: new TextDecoder().decode(body) });
    return stream.response;
  });
  const answer = await run.send();
  expect(asked).toMatchObject([{ url: 'https://llm.example/base/v1/messages', body: JSON.stringify(BODY) }]);
  expect([asked[0]?.headers.get('x-api-key'), asked[0]?.headers.get('cookie')]).toEqual([KEY, null]);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  void stream.write(start(100));
  expect((await reader?.read())?.value).toContain('message_start');
  expect(run.route.usage()).toMatchObject({ input: 100, output: 1 });
  void stream.write(delta(`the key is ${KEY.slice(0, 10)}`));
  const first = (await reader?.read())?.value ?? '';
  expect(first).toContain('the key is sk-ant-api');
  void stream.write(delta(`${KEY}!`) + finish(20));
  void stream.close();
  let rest = '';
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) rest += next.value;
  expect(rest).toContain(`${'*'.repeat(KEY.length)}!`);
  await eventually(() => [run.cap.spent, run.cap.reserved]).toEqual([200, 0]);
  expect(run.settled()).toMatchObject({ input: 100, output: 20, requests: 1 });
  expect(run.events).toMatchObject([{ kind: 'llm', status: 200 }]);
});

it('sets the worst case aside before a request goes on, and refuses what does not fit', async () => {
  let held = 0;
  const run = await open(async () => {
    held = run.cap.reserved;
    return Response.json({ usage: { input_tokens: 100, output_tokens: 10 } });
  }, WORST);
  expect(await (await run.send()).json()).toMatchObject({ usage: { input_tokens: 100 } });
  expect(held).toBe(WORST);
  await eventually(() => [run.cap.spent, run.cap.reserved]).toEqual([150, 0]);
  const refused = await run.send();
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('budget_exhausted');
});

it('cuts an answer in mid-stream when the provider counts more than the cap has', async () => {
  const stream = byHand();
  const run = await open(async () => stream.response, WORST);
  const answer = await run.send();
  const read = answer.text().then(
    () => 'whole',
    () => 'cut',
  );
  void stream.write(start(100)).catch(() => {});
  void stream.write(finish(4000)).catch(() => {});
  expect(await read).toBe('cut');
  expect(await stream.closed).toBe('cut');
  await eventually(() => [run.cap.spent, run.cap.reserved]).toEqual([100 + 4000 * 5, 0]);
});

it('ends the upstream when the client cancels, and counts what it may have cost', async () => {
  const stream = byHand();
  const run = await open(async () => stream.response);
  const reader = (await run.send()).body?.getReader();
  void stream.write(start(100)).catch(() => {});
  await reader?.read();
  await reader?.cancel();
  expect(await stream.closed).toBe('cut');
  await eventually(() => run.cap.reserved).toBe(0);
  expect(run.cap.spent).toBeGreaterThanOrEqual(105);
});

it('aborts the fetch of a client that hung up before the answer', async () => {
  const client = new AbortController();
  let aborted = false;
  const run = await open(
    (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new UpstreamFault('given up', true));
        });
      }),
  );
  const sent = run.send(BODY, { signal: client.signal });
  await eventually(() => run.route.timing().requests).toBe(1);
  await eventually(() => run.cap.spent + run.cap.reserved).toBeGreaterThan(0);
  client.abort();
  await sent;
  expect(aborted).toBe(true);
  expect(run.events).toMatchObject([{ kind: 'llm', status: 499 }]);
});

it('gives up an upstream that is silent', async () => {
  const silent: UpstreamFetch = (_url, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  const run = await open(silent, null, { llmIdleMs: 20 });
  expect((await run.send()).status).toBe(504);
});

it('costs nothing where the upstream was not reached or said no', async () => {
  const run = await open(() => Promise.reject(new UpstreamFault('no connection', false)));
  const answer = await run.send();
  expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining('no connection')]);
  await eventually(() => [run.cap.spent, run.cap.reserved]).toEqual([0, 0]);
});

it('refuses a field whose messages stand at the provider, and names it', async () => {
  for (const monthly of [null, 1_000_000]) {
    const run = await open(() => Promise.reject(new Error('asked')), monthly);
    const answer = await run.send({ ...BODY, thread: { type: 'continue', previous_message_id: 'm' } });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('"thread\\"');
  }
});

it('has no other route, and wants the token of the run', async () => {
  const run = await open(() => Promise.reject(new Error('asked')));
  expect((await run.route.serve(new Request('http://gateway/v1/files', { method: 'POST' }))).status).toBe(
    404,
  );
  expect((await run.send(BODY, { headers: { 'x-api-key': KEY } })).status).toBe(401);
});

it('answers as the demo model does', async () => {
  const opened = await openLlmRoute(
    { upstream: { kind: 'demo' }, spending: spendingFixture(null).spending, emit: () => {} },
    {
      fetch: () => Promise.reject(new Error('asked')),
      bodies: hostBodies(1e7),
      limits: LLM_LIMITS,
      now: Date.now,
    },
  );
  if (!opened.ok) throw new Error(opened.reason);
  const { route } = opened;
  const answer = await route.serve(
    new Request(URL_OF_ROUTE, {
      method: 'POST',
      headers: { 'x-api-key': route.runToken },
      body: JSON.stringify(BODY),
    }),
  );
  expect(await answer.text()).toContain('demo model');
  expect(route.usage().output).toBeGreaterThan(0);
});

it('is given the fetch of the platform as it is', () => {
  const platform: UpstreamFetch = (url, init) => fetch(url, init);
  expect(platform).toBeTypeOf('function');
});
