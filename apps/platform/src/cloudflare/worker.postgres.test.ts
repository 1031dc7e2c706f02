/** The platform's Worker as it is deployed, over HTTP: pages, files, API, webhooks, health and metrics. */
import {
  endRun,
  findProviderKey,
  insertAgent,
  insertApiToken,
  insertDeliveries,
  startRun,
} from '@tinyfat/database';
import { mailRow } from '@tinyfat/testing/sent-mail';
import { postmarkInbound, type SignedPost, svixHeaders } from '@tinyfat/testing/stand-ins/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken, tokenHash } from '../api/authenticate.ts';
import { SCOPES } from '../api/principal.ts';
import { withSecurityHeaders } from '../http/security-headers.ts';
import {
  ADMIN,
  METRICS_TOKEN,
  PUBLIC_URL,
  type RunningPlatform,
  startPlatform,
} from './test-support/running-platform.ts';

const PAGE = { accept: 'text/html' };
const ANN = 'ann@example.com';

let platform: RunningPlatform;
let token: string;
beforeAll(async () => {
  platform = await startPlatform('http', {});
  token = newToken((count) => crypto.getRandomValues(new Uint8Array(count)));
  await insertApiToken(platform.db, {
    id: 'token',
    owner: ADMIN,
    name: 'tests',
    token_sha256: await tokenHash(token),
    last_four: token.slice(-4),
    scopes: JSON.stringify(SCOPES),
    created_at: 1,
    expires_at: null,
  });
}, 120_000);
afterAll(() => platform?.close());

const api = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  platform.fetch(`/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe('pages', () => {
  it('are shown with the headers that the server on Node gives them', async () => {
    const given = withSecurityHeaders(new Response('x'), new URL(PUBLIC_URL));
    const expected = Object.fromEntries([...given.headers].filter(([name]) => name !== 'content-type'));
    for (const [path, status] of [
      ['/', 200],
      ['/sign-in', 200],
      ['/nowhere', 404],
      ['/api/v1/me', 401],
      ['/%ff', 400],
    ] as const) {
      const answer = await platform.fetch(path, { headers: PAGE });
      expect([path, answer.status]).toEqual([path, status]);
      expect(Object.fromEntries(answer.headers)).toMatchObject(expected);
      await answer.text();
    }
    const sent = await platform.fetch('/', { headers: PAGE });
    expect(await sent.text()).toContain('<!DOCTYPE html>');
  });

  it('take no form that another site has made, and no method that no page has', async () => {
    const form = { method: 'POST', body: new URLSearchParams({ address: ANN }) };
    const foreign = await platform.fetch('/sign-in', {
      ...form,
      headers: { ...PAGE, origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
    expect(await foreign.text()).toContain('<!DOCTYPE html>');
    const odd = await platform.fetch('/', { method: 'PROPFIND' });
    expect(odd.status).toBe(405);
    expect(await odd.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it('answer a HEAD as a GET, without a body', async () => {
    const answer = await platform.fetch('/sign-in', { method: 'HEAD', headers: PAGE });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });
});

describe('files of the build', () => {
  it('are served by exact name, those with a hash in it for ever', async () => {
    const page = await (await platform.fetch('/', { headers: PAGE })).text();
    const [style = ''] = /\/_astro\/[\w.-]+\.css/.exec(page) ?? [];
    const answer = await platform.fetch(style);
    expect(answer.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await answer.text()).toContain('{');
    const icon = await platform.fetch('/favicon.svg', { headers: { 'if-none-match': '*' } });
    expect([icon.status, icon.headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
    await icon.text();
  });

  it('are no others', async () => {
    for (const path of ['/_astro/none.css', '/_astro/', '/_astro', '/..%2fserver/entry.mjs']) {
      const answer = await platform.fetch(path);
      expect([path, answer.status]).toEqual([path, 404]);
      await answer.text();
    }
  });
});

describe('the API', () => {
  it('makes an agent, whose folder is in the bucket', async () => {
    const made = await api('POST', '/agents', { name: 'scout', owner: ANN });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    expect(await platform.object(`agents/${id}/MEMORY.md`)).toContain('scout');
    const memory = await api('GET', '/agents/scout/memory');
    expect(await memory.text()).toContain('scout@agents.example.org');
    const etag = memory.headers.get('etag') ?? '';
    const put = await platform.fetch('/api/v1/agents/scout/memory', {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/markdown', 'if-match': etag },
      body: '# Memory of Workers\n',
    });
    expect([put.status, await put.json()]).toMatchObject([200, { bytes: 20 }]);
    expect(await platform.object(`agents/${id}/MEMORY.md`)).toBe('# Memory of Workers\n');
  });

  it('has the key of an owner sealed elsewhere, and knows its last four characters', async () => {
    const key = 'sk-ant-0123456789abcdef';
    const put = await api('PUT', `/keys/anthropic?owner=${ANN}`, { key });
    expect([put.status, await put.json()]).toMatchObject([200, { last_four: 'cdef', replaced: null }]);
    const row = await findProviderKey(platform.db, ANN, 'anthropic');
    expect(row?.sealed).not.toContain(key);
    expect(row?.sealed).toContain('k1');
  });

  it('streams the events of a run out of the bucket for as long as it runs', async () => {
    const { db } = platform;
    await insertAgent(db, { id: 'teller', name: 'teller', owner: ANN, created_at: 1 }, []);
    const mail = { ...mailRow('told'), agent_id: 'teller' };
    await db.insertInto('mails').values(mail).execute();
    const job = {
      id: 'told',
      agent_id: 'teller',
      mail_id: 'told',
      state: 'done',
      run_at: 1,
      attempts: 1,
    } as const;
    await db
      .insertInto('jobs')
      .values({ ...job, max_attempts: 3, fence: 1, created_at: 1 })
      .execute();
    const run = {
      id: 'told',
      jobId: 'told',
      mailId: 'told',
      agentId: 'teller',
      command: null,
      at: Date.now(),
    };
    await startRun(db, { ...run, kind: 'turn' });
    const file = `agents/teller/events/${new Date().toISOString().replace(/[:.]/g, '-')}.jsonl`;
    const start = `${JSON.stringify({ type: 'start', run_id: 'told' })}\n`;
    await platform.put(file, start);
    const answer = await api('GET', '/runs/told/events', undefined, { accept: 'text/event-stream' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (words: string) => {
      while (!text.includes(words)) {
        const next = await reader?.read();
        if (!next || next.done) break;
        text += next.value;
      }
      expect(text).toContain(words);
    };
    await until('"type":"start"');
    await platform.put(file, `${start}${JSON.stringify({ type: 'text', content: 'later' })}\n`);
    await until('"content":"later"');
    await endRun(db, 'told', { status: 'done', finished_at: Date.now() });
    await until('event: end');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('shows, edits and sends what awaits approval, of which the sweep has told the owner with a link', async () => {
    const { db, resend } = platform;
    const headers = 'From: teller@agents.example.org\r\nTo: eve@else.example\r\nSubject: Held';
    const letter = 'Content-Type: text/plain; charset=utf-8\r\n\r\nOld words.\r\n';
    await platform.put('raw-mail/ld/held.eml', `${headers}\r\n${letter}`);
    const at = Date.now();
    await insertDeliveries(db, [
      {
        id: 'held',
        agent_id: 'teller',
        mail_id: 'told',
        run_id: 'told',
        kind: 'mail',
        envelope_sender: 'teller@agents.example.org',
        recipients: '["eve@else.example"]',
        subject: 'Held',
        message_id: '<held@agents.example.org>',
        raw_key: 'held',
        state: 'awaiting_approval',
        reason_code: 'recipients_not_allowed',
        attempts: 0,
        next_attempt_at: at,
        created_at: at,
        filed: 1,
      },
    ]);
    await platform.sweep();
    await expect.poll(() => resend.sent.length).toBe(1);
    const { email } = resend.sent[0] ?? { email: { to: [], text: '' } };
    expect(email.to).toEqual([ANN]);
    const link = /https:\/\/agents\.example\.org(\/decide\?token=\S+)/.exec(email.text ?? '')?.[1] ?? '';
    const open = async () => await (await platform.fetch(link, { headers: PAGE })).text();
    expect(await open()).toContain('May this mail go out?');
    const shown = await api('GET', '/outbox/held/approval');
    const { content } = (await shown.json()) as { content: { digest: string; body: string } };
    expect(content.body).toBe('Old words.');
    const edited = await api('POST', '/outbox/held/edit', { digest: content.digest, body: 'New words.' });
    expect(edited.status).toBe(200);
    expect(await open()).toContain('The mail has changed');
    const now = (await edited.json()) as { content: { digest: string; body: string } };
    expect(now.content.body).toBe('New words.');
    const approved = await api('POST', '/outbox/held/approve', { digest: now.content.digest });
    expect([approved.status, await approved.json()]).toMatchObject([200, { state: 'pending' }]);
    expect(await open()).toContain('It is decided');
    await expect.poll(() => platform.woken).toContain('deliveries');
  });

  it('refuses strangers, and bodies that are too large', async () => {
    expect((await platform.fetch('/api/v1/agents')).status).toBe(401);
    const large = await api('POST', '/agents', { name: 'x'.repeat(1024 * 1024) });
    expect([large.status, await large.json()]).toMatchObject([413, { code: 'body_too_large' }]);
  });
});

describe('webhooks', () => {
  const event = { type: 'email.received', created_at: new Date().toISOString(), data: {} };
  const post = async (
    id: string,
    more: Partial<SignedPost> = {},
    body = JSON.stringify({ ...event, data: data(id) }),
  ) =>
    await platform.fetch('/webhooks/resend', {
      method: 'POST',
      body,
      headers: svixHeaders(body, { id, ...more }),
    });
  const data = (id: string) => ({
    email_id: `mail-${id}`,
    from: ANN,
    to: ['scout@agents.example.org'],
    created_at: event.created_at,
  });
  const events = async () =>
    await platform.db.selectFrom('webhook_events').select(['provider', 'event_id', 'state']).execute();

  it('of Resend are stored once, by the exact bytes that are signed, and wake the consumer', async () => {
    const first = await post('one');
    expect([first.status, await first.json()]).toEqual([200, { status: 'ok' }]);
    expect((await post('one')).status).toBe(200);
    expect(await events()).toEqual([{ provider: 'resend', event_id: 'one', state: 'pending' }]);
    await expect.poll(() => platform.woken).toContain('webhook_events');
  });

  it('of Resend are refused with a wrong signature, changed bytes, or an old time', async () => {
    const before = await events();
    const wrong = await post('two', { secrets: [`whsec_${btoa('another secret of thirty bytes..')}`] });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { code: 'webhook_signature_wrong' }]);
    const body = JSON.stringify({ ...event, data: data('three') });
    const changed = await platform.fetch('/webhooks/resend', {
      method: 'POST',
      body: `${body} `,
      headers: svixHeaders(body, { id: 'three' }),
    });
    expect(changed.status).toBe(401);
    const old = await post('four', { at: Math.floor(Date.now() / 1000) - 3600 });
    expect([old.status, await old.json()]).toMatchObject([401, { code: 'webhook_stale' }]);
    expect(await events()).toEqual(before);
  });

  it('of Postmark bring their mail into the bucket', async () => {
    const raw = new TextEncoder().encode(`From: ${ANN}\r\nSubject: x\r\n\r\nHello\r\n`);
    const inbound = postmarkInbound({ raw, from: ANN, to: ['scout@agents.example.org'] });
    const posted = await platform.fetch('/webhooks/postmark', {
      method: 'POST',
      body: JSON.stringify(inbound),
      headers: { 'content-type': 'application/json', authorization: `Basic ${btoa('hook:secret')}` },
    });
    expect(posted.status).toBe(200);
    const stored = await Promise.all((await platform.keys('raw-mail/')).map(platform.object));
    expect(stored.join()).toContain(`From: ${ANN}\r\nSubject: x\r\n\r\nHello`);
  });
});

describe('health and metrics', () => {
  it('says what works', async () => {
    expect(await (await platform.fetch('/health/live')).json()).toEqual({ status: 'ok' });
    const ready = await platform.fetch('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ok', checks: { database: 'ok', bucket: 'ok', bindings: 'ok' }, warnings: {} },
    ]);
  });

  it('shows the metrics to who has the token, also where he says that he is local', async () => {
    for (const headers of [{}, { 'x-forwarded-for': '127.0.0.1' }, { authorization: 'Bearer wrong' }]) {
      expect((await platform.fetch('/metrics', { headers, from: '127.0.0.1' })).status).toBe(404);
    }
    await insertAgent(platform.db, { id: 'a', name: 'a', owner: ANN, created_at: 1 }, []);
    const answer = await platform.fetch('/metrics', {
      headers: { authorization: `Bearer ${METRICS_TOKEN}` },
    });
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    expect(text).toContain('# TYPE tinyfat_jobs_ready gauge\ntinyfat_jobs_ready 0\n');
    expect(text).not.toContain(ANN);
  });
});
