import type { EgressPolicy } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { egressRules } from '../egress/rules.ts';
import type { GatewayEvent } from '../events.ts';
import { type EgressDeps, interceptedEgress } from './egress.ts';
import { type InterceptedLimits, WORKER_LIMITS } from './limits.ts';

/** The way out of one run, with what was asked of the internet and what was reported. */
function open(
  policy: EgressPolicy = { kind: 'public' },
  answer: () => Response = () => new Response('hello'),
  limits: Partial<InterceptedLimits> = {},
) {
  const asked: { url: string; init: Parameters<EgressDeps['fetch']>[1]; body: string }[] = [];
  const events: GatewayEvent[] = [];
  const ask = interceptedEgress({
    rules: egressRules(policy, [], WORKER_LIMITS.egressPorts),
    async fetch(url, init) {
      asked.push({ url, init, body: await new Response(init.body).text() });
      return answer();
    },
    limits: { ...WORKER_LIMITS, ...limits },
    emit: (event) => events.push(event),
  });
  return { asked, events, ask: (url: string, init?: RequestInit) => ask(new Request(url, init)) };
}

it.each([
  ...['http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'https://127.1/'],
  ...[
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
    'http://1.1.1.1/',
  ],
  ...[
    'http://localhost/',
    'http://metadata/',
    'http://x.internal/',
    'http://a.hyperdrive.local/',
    'http://site.test/',
  ],
  ...['http://site.example.org:22/', 'https://site.example.org:8443/', 'http://gateway.tinyfat.internal./'],
])('does not ask for %s, whatever the policy', async (url) => {
  const host = new URL(url).hostname;
  for (const policy of [{ kind: 'public' }, { kind: 'list', hosts: [host, '*.example.org'] }] as const) {
    const { ask, asked, events } = open(policy as EgressPolicy);
    expect([400, 403]).toContain((await ask(url)).status);
    expect(asked).toEqual([]);
    expect(events).toMatchObject([{ kind: 'refused' }]);
  }
});

it('asks for what the policy lets pass, by name, and follows no redirect', async () => {
  const { ask, asked } = open({ kind: 'list', hosts: ['*.example.org'] });
  expect(await (await ask('https://a.example.org/path?q=1')).text()).toBe('hello');
  expect((await ask('https://example.com/')).status).toBe(403);
  expect(asked).toMatchObject([{ url: 'https://a.example.org/path?q=1', init: { redirect: 'manual' } }]);
});

it('passes neither fields of the connection nor those about who asked, and the body as a stream', async () => {
  const answer = () =>
    new Response('x', {
      headers: { connection: 'close, x-hop', 'x-hop': '1', 'x-kept': '2', 'keep-alive': '1' },
    });
  const { ask, asked } = open({ kind: 'public' }, answer);
  const headers = {
    'proxy-authorization': 'Basic x',
    'cf-connecting-ip': '1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-kept': '1',
  };
  const answered = await ask('http://example.com/', { method: 'POST', body: 'sent', headers });
  expect(Object.fromEntries(answered.headers)).toMatchObject({ 'x-kept': '2' });
  expect([...answered.headers.keys()].filter((name) => /hop|connection|keep-alive/.test(name))).toEqual([]);
  expect(asked[0]?.body).toBe('sent');
  const passed = [...(asked[0]?.init.headers.keys() ?? [])].filter((name) => name !== 'content-type');
  expect(passed).toEqual(['x-kept']);
});

it('cuts what is under way once the bytes of the run are used up, and asks for nothing more', async () => {
  const { ask, asked, events } = open({ kind: 'public' }, () => new Response('x'.repeat(1000)), {
    egressBytes: 900,
  });
  await expect((await ask('http://example.com/')).text()).rejects.toThrow();
  expect((await ask('http://example.com/')).status).toBe(503);
  expect(asked).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ kind: 'refused', code: 'used_up' });
});

it('ends a request on which nothing moves', async () => {
  const silent = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
  const { ask } = open({ kind: 'public' }, silent, { egressIdleMs: 10 });
  await expect((await ask('http://example.com/')).text()).rejects.toThrow();
});
