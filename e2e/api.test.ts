/** The JSON API of the real server: from an agent that is made to the answer that went out. */
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from './support/api.ts';
import { sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const OWNER = 'owner@example.com';
const KEY = 'sk-ant-api03-E2ESECRET-wxyz';

describe('the JSON API', () => {
  let server: Tinyfat;
  let api: ApiClient;
  let stranger: ApiClient;
  beforeAll(async () => {
    server = await startTinyfat({
      environment: { ADMIN_EMAILS: OWNER, LOG_LEVEL: 'debug' },
      agents: { scout: [] },
    });
    api = await apiClient(server, OWNER, 'read', 'write', 'keys', 'tokens', 'admin');
    stranger = await apiClient(server, 'stranger@example.net', 'read', 'write', 'keys', 'tokens', 'admin');
  });
  afterAll(() => server?.dispose());

  /** The path as it is, which `fetch` would not send. */
  const rawStatus = (path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const sent = request({ host: server.host, port: 8025, path, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.once('error', reject);
      sent.end();
    });

  it('makes an agent, whose mail is answered, and shows all of it', async () => {
    const made = await api.call('POST', '/agents', {
      name: 'maker',
      owner: OWNER,
      allow: ['@friends.example'],
    });
    expect(made).toMatchObject({ status: 201, json: { address: 'maker@tinyfat.localhost' } });
    await sendMail(server, {
      to: 'maker@tinyfat.localhost',
      subject: 'What is there?',
      text: 'Look around.',
    });
    await server.answers(1);
    const [mail] = (await api.get('/mails?agent=maker')).json.data;
    expect(mail).toMatchObject({ subject: 'What is there?', verdict: 'accepted' });
    const shown = (await api.get(`/mails/${mail.id}`)).json;
    expect(shown).toMatchObject({ evidence: { source: 'trusted_client' }, waiting: false });
    expect((await api.get(`/mails/${mail.id}/raw`)).text).toContain('Subject: What is there?');
    expect((await api.get(`/runs/${shown.run}`)).json).toMatchObject({ agent: 'maker', kind: 'turn' });
    const events = (await api.get(`/runs/${shown.run}/events`)).json.data;
    expect(events[0].event).toMatchObject({ type: 'start', run_id: shown.run });
    const [delivery] = (await api.get('/outbox?agent=maker')).json.data;
    expect(delivery).toMatchObject({ kind: 'reply', recipients: [OWNER], mail: mail.id });
    expect((await api.get(`/outbox/${delivery.id}/raw`)).text).toContain('To: ');
    const [session] = (await api.get('/agents/maker/sessions')).json.data;
    expect(session).toMatchObject({ subject: 'What is there?', turns: 1, current: true });
    expect((await api.get(`/agents/maker/sessions/${session.id}`)).text).toContain('"type":"session"');
  });

  it('seals every answer: nothing of it is cached, framed or run', async () => {
    const list = await api.get('/agents');
    expect(Object.fromEntries(list.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    const file = await api.get('/agents/scout/files/MEMORY.md');
    expect(file.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="MEMORY.md"');
  });

  it('keeps everything of an owner from a stranger, with the answer that nothing gets', async () => {
    const nothing = await stranger.get('/agents/there-is-none');
    expect(nothing).toMatchObject({ status: 404, json: { code: 'not_found' } });
    for (const path of ['/agents/scout', '/agents/scout/memory', '/mails?agent=scout']) {
      expect(await stranger.get(path)).toMatchObject({ status: 404, text: nothing.text });
    }
    for (const path of ['/agents', '/mails', '/runs', '/outbox', '/keys']) {
      expect((await stranger.get(path)).json.data).toEqual([]);
    }
    expect((await stranger.call('POST', '/agents', { name: 'mine' })).json.code).toBe('not_permitted');
  });

  it('refuses nobody, a wrong token, a foreign page and an unknown path', async () => {
    const status = async (path: string, init: RequestInit = {}) =>
      (await fetch(`${api.url}${path}`, init)).status;
    expect(await status('/me')).toBe(401);
    expect(await status('/me', { headers: { authorization: `Bearer tf_${'x'.repeat(43)}` } })).toBe(401);
    expect(await status('/nothing')).toBe(404);
    expect(await status('/agents', { method: 'PUT' })).toBe(405);
    const headers = {
      cookie: 'session=x',
      'content-type': 'application/json',
      origin: 'https://evil.example',
    };
    expect(await status('/agents', { method: 'POST', headers, body: '{}' })).toBe(403);
  });

  it('is left by no path, however it is written', async () => {
    const headers = { authorization: `Bearer ${api.token}` };
    for (const path of [
      '/api/v1/agents/scout/files/..%2f..%2ftinyfat.sqlite',
      '/api/v1/agents/scout/files/%2e%2e%2f%2e%2e%2ftinyfat.sqlite',
      '/api/v1/agents/scout/files/../../../tinyfat.sqlite',
      '/api/v1/agents/scout/files//etc/passwd',
      '/api/v1/agents/scout/files/%',
      '/api/v1/agents/scout/files/%ff',
      '//api/v1/agents/scout/files/x',
    ]) {
      expect([400, 404]).toContain(await rawStatus(path, headers));
    }
  });

  it('takes a body of its limit at most, also one of unknown length', async () => {
    const large = { entry: 'x'.repeat(1_100_000) };
    expect((await api.call('POST', '/agents/scout/allowed-senders', large)).status).toBe(413);
  });

  it('puts a skill and a memory that the agent then has', async () => {
    const files = [
      { path: 'SKILL.md', content: '---\nname: tea\ndescription: Makes tea.\n---\nBoil water.\n' },
    ];
    expect((await api.call('PUT', '/agents/scout/skills/tea', { files })).json.warnings).toEqual([]);
    const put = await api.call('PUT', '/agents/scout/memory', '# Mine\n', { 'if-match': '*' });
    expect(put).toMatchObject({ status: 200, json: { turn_running: false } });
    expect((await api.get('/agents/scout/memory')).headers.get('etag')).toBe(put.json.etag);
    await api.call('PATCH', '/agents/scout', { session_scope: 'thread' });
    await sendMail(server, { to: 'scout@tinyfat.localhost', subject: 'Hi', text: 'Look around.' });
    const answers = await server.answers(2);
    expect(answers.at(-1)?.text).toContain('MEMORY.md');
  });

  it('lets nothing of a key or a token out again: not in answers, log, database or files', async () => {
    const put = await api.call('PUT', '/keys/anthropic', { key: KEY });
    expect(put.json).toMatchObject({ owner: OWNER, last_four: 'wxyz' });
    const wrong = await api.call('PUT', '/keys/anthropic', { key: `${KEY} E2ESECRET` });
    const listed = await api.get('/keys');
    const tokens = await api.get('/tokens');
    const said = [put, wrong, listed, tokens].map(({ text }) => text).join() + server.output();
    const names = readdirSync(server.dataDir, { recursive: true, withFileTypes: true });
    const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    const stored = files.map((path) => readFileSync(path, 'latin1'));
    for (const secret of ['E2ESECRET', api.token.slice(3), stranger.token.slice(3)]) {
      expect(said).not.toContain(secret);
      expect(stored.filter((text) => text.includes(secret))).toEqual([]);
    }
    expect((await api.call('DELETE', '/keys/anthropic')).status).toBe(204);
  });

  it('gives a token that ends at once when it is revoked', async () => {
    const made = await api.call('POST', '/tokens', { name: 'once', scopes: ['read'] });
    const headers = { authorization: `Bearer ${made.json.token}` };
    expect((await fetch(`${api.url}/me`, { headers })).status).toBe(200);
    expect((await api.call('DELETE', `/tokens/${made.json.id}`)).status).toBe(204);
    expect((await fetch(`${api.url}/me`, { headers })).status).toBe(401);
  });
});
