/** Whatever Cloudflare answers, or does not, is an outcome that a person can read. */

import { type CloudflareStandIn, startCloudflareStandIn } from '@tinyfat/testing/stand-ins/cloudflare';
import * as v from 'valibot';
import { afterEach, expect, it } from 'vitest';
import { cloudflareApi } from './api.ts';

let cloudflare: CloudflareStandIn | null = null;
afterEach(async () => {
  await cloudflare?.close();
  cloudflare = null;
});

const answering = (answer: () => Response | Promise<Response>) =>
  cloudflareApi({
    token: 'the-token',
    baseUrl: 'http://127.0.0.1:9',
    fetch: async () => answer(),
    hide: (text) => text.replaceAll('the-token', '(secret)'),
  });
const ask = (api: ReturnType<typeof cloudflareApi>) => api.call('GET', '/x', v.object({ id: v.string() }));

it('silence ends after a time', async () => {
  cloudflare = await startCloudflareStandIn();
  cloudflare.fail({ method: 'GET', path: '/accounts', kind: 'silence' });
  const { url: baseUrl, token } = cloudflare;
  const api = cloudflareApi({ token, baseUrl, fetch, hide: (text) => text, withinMs: 50 });
  expect(await api.call('GET', '/accounts', v.unknown())).toMatchObject({
    ok: false,
    status: 0,
    message: expect.stringMatching(/could not be reached \(.*timeout/),
  });
});

it.each<[string, () => Response, object]>([
  [
    'a page of a proxy',
    () => new Response('<html>', { status: 502 }),
    { status: 502, message: expect.stringContaining('502') },
  ],
  [
    'no error at all',
    () => Response.json({ success: false, errors: null }, { status: 418 }),
    { status: 418, message: 'Cloudflare answered 418.' },
  ],
  [
    'another shape',
    () => Response.json({ success: true, result: { id: 7 } }),
    { status: 0, message: expect.stringContaining('GET /x') },
  ],
  [
    'errors with their numbers, without the token that they repeat',
    () =>
      Response.json({ success: false, errors: [{ code: 9109, message: 'Not the-token' }] }, { status: 403 }),
    { status: 403, code: 9109, message: 'Not (secret) [code: 9109]' },
  ],
])('%s is a refusal', async (_, answer, refusal) => {
  expect(await ask(answering(answer))).toMatchObject({ ok: false, ...refusal });
});

it('an empty answer to what needs none is one', async () => {
  const api = answering(() => new Response(null, { status: 204 }));
  expect(await api.call('DELETE', '/x', v.unknown())).toMatchObject({ ok: true });
});

it('a list is read to its last page, and ends where pages are empty or without end', async () => {
  const page = (total_count: number, items: string[]) => {
    let pages = 0;
    return answering(() => {
      pages += 1;
      return Response.json({
        success: true,
        result: items.slice(pages - 1, pages),
        result_info: { page: pages, per_page: 1, total_count },
      });
    });
  };
  const list = v.array(v.string());
  expect(await page(3, ['a', 'b', 'c']).all('/x', list)).toEqual({ ok: true, result: ['a', 'b', 'c'] });
  expect(await page(1e9, ['a']).all('/x', list)).toEqual({ ok: true, result: ['a'] });
  const endless = page(1e9, Array.from({ length: 1000 }, String));
  expect(await endless.all('/x', list)).toMatchObject({
    ok: false,
    message: expect.stringContaining('more pages'),
  });
});
