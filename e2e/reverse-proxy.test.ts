/** The shipped files of nginx and Caddy, under the real programs, in front of the real server. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { postmarkInbound } from '@tinyfat/testing/stand-ins/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from './support/api.ts';
import { eventually } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { PROXY_PROGRAMS, type ProxyKind, type ReverseProxy, SITE, startProxy } from './support/proxy.ts';
import { signInMail } from './support/sign-in.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const OWNER = 'owner@example.com';
const PASSWORD = 's3cret-of-the-webhook';
const basic = `Basic ${Buffer.from(`postmark:${PASSWORD}`).toString('base64')}`;
const webhook = { authorization: basic, 'content-type': 'application/json' };
const KINDS: ProxyKind[] = ['nginx', 'caddy'];

describe.each(KINDS)('behind %s', (kind) => {
  const missing = PROXY_PROGRAMS[kind] === null;
  const title = (name: string) => (missing ? `${name} (${kind} is not here: bin/with-proxies)` : name);
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let proxy: ReverseProxy;
  beforeAll(async () => {
    if (missing) return;
    model = await startAnthropicStandIn();
    server = await startTinyfat({
      environment: {
        ANTHROPIC_API_KEY: 'k',
        ANTHROPIC_BASE_URL: model.url,
        PUBLIC_URL: `https://${SITE}`,
        TRUSTED_PROXIES: '127.0.0.1,::1',
        POSTMARK_WEBHOOK_AUTH: `postmark:${PASSWORD}`,
      },
      agents: { scout: [] },
    });
    proxy = await startProxy(kind, server.host);
  });
  afterAll(async () => {
    model?.release('later');
    await proxy?.close();
    await server?.dispose();
    await model?.close();
  });

  const askToSignIn = (headers: Record<string, string>, from?: string) =>
    proxy.fetch('/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ address: OWNER }).toString(),
      ...(from === undefined ? {} : { from }),
    });
  const origin = `https://${SITE}`;

  it.skipIf(missing)(title('the pages come by TLS alone'), async () => {
    const page = await proxy.fetch('/sign-in');
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Your e-mail address') });
    expect(page.message.headers['strict-transport-security']).toContain('max-age=');
    const plain = await fetch(`${proxy.httpUrl}/sign-in?x=1`, {
      redirect: 'manual',
      headers: { host: SITE },
    });
    expect(plain.status).toBe(308);
    expect(plain.headers.get('location')).toMatch(/^https:\/\/.*\/sign-in\?x=1$/);
  });

  it.skipIf(missing)(title('forms are taken from its pages, and the client is who connected'), async () => {
    const asked = await askToSignIn({ origin, 'x-forwarded-for': '192.0.2.66' }, '127.66.0.9');
    expect(asked.status).toBe(303);
    expect(asked.message.headers['set-cookie']?.join()).toContain('__Host-');
    await eventually(() => server.output()).toMatch(/"sign_in_asked".*"client":"127\.66\.0\.9"/);
    expect(server.output()).not.toContain('192.0.2.66');
    await server.answers(1);
    expect((await askToSignIn({ origin: 'https://evil.example' })).status).toBe(403);
    // Programs on this machine alone, without a proxy between.
    expect((await proxy.fetch('/metrics')).status).not.toBe(200);
  });

  it.skipIf(missing)(
    title('a webhook of 30 MB comes, at whatever pace, and one of 80 MB does not'),
    async () => {
      const raw = Buffer.concat([
        Buffer.from('From: a@b.example\r\n\r\n'),
        Buffer.alloc(30e6, `${'x'.repeat(70)}\r\n`),
      ]);
      const body = Buffer.from(
        JSON.stringify(postmarkInbound({ raw, from: 'a@b.example', to: ['x@y.example'] })),
      );
      const slow = request({
        ...proxy.tls,
        path: '/webhooks/postmark',
        method: 'POST',
        headers: { ...webhook, host: SITE },
      });
      slow.write(body.subarray(0, 15e6));
      // While one half is there, others are answered.
      expect((await proxy.fetch('/health/live')).status).toBe(200);
      slow.end(body.subarray(15e6));
      const [answer]: IncomingMessage[] = await once(slow, 'response');
      expect([answer?.statusCode, answer ? await text(answer) : null]).toEqual([200, expect.anything()]);

      const tooLarge = request({
        ...proxy.tls,
        path: '/webhooks/postmark',
        method: 'POST',
        headers: { ...webhook, host: SITE, 'content-length': 80e6 },
      });
      tooLarge.on('error', () => {});
      tooLarge.write('{');
      const [refusal]: IncomingMessage[] = await once(tooLarge, 'response');
      expect(refusal?.statusCode).toBe(413);
      tooLarge.destroy();
    },
  );

  it.skipIf(missing)(title('tokens, passwords and keys are in no log'), async () => {
    const before = await server.answers(0);
    await askToSignIn({ origin });
    const { link, token } = await signInMail(server, before.length + 1);
    expect(link).toBe(`https://${SITE}/sign-in/confirm?token=${token}`);
    expect((await proxy.fetch(`/sign-in/confirm?token=${token}`)).status).toBe(200);
    await proxy.fetch('/webhooks/postmark', { method: 'POST', headers: webhook, body: '{}' });
    await proxy.fetch('/last-line', { headers: { referer: link, cookie: 'session=of-somebody' } });
    await eventually(() => proxy.accessLog()).toContain('/last-line');
    const log = await proxy.accessLog();
    expect(log).toContain('/sign-in/confirm');
    expect(log).toContain('/webhooks/postmark');
    for (const secret of [token, PASSWORD, basic, 'Basic', 'Bearer', 'of-somebody', 'token='])
      expect(log).not.toContain(secret);
  });

  it.skipIf(missing)(title('events of a run come while it runs'), async () => {
    const api = await apiClient(server, OWNER, 'read');
    const command = JSON.stringify({ command: 'echo seen-live' });
    const words = `[[tool: bash ${command}]] [[gate: later]] [[reply: Finished.]]`;
    await sendMail(server, { to: 'scout@tinyfat.localhost', text: words });
    await model.arrived('later');
    const run = (await api.get('/runs')).json.data[0].id;
    const headers = { authorization: `Bearer ${api.token}`, accept: 'text/event-stream', host: SITE };
    const stream = request({ ...proxy.tls, path: `/api/v1/runs/${run}/events`, headers });
    stream.end();
    const [answer]: IncomingMessage[] = await once(stream, 'response');
    let seen = '';
    answer?.on('data', (chunk) => {
      seen += chunk;
    });
    while (!seen.includes('"output":"seen-live')) await once(answer ?? stream, 'data');
    expect(seen).not.toContain('event: end');
    model.release('later');
    await once(answer ?? stream, 'end');
    expect(seen).toContain('event: end');
  });
});
