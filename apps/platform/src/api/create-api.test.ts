import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from './test-support/api.ts';

describe('the border of the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());

  it('says who makes the request', async () => {
    expect((await api.person(ANN).get('/me')).json).toEqual({
      owner: ANN,
      is_admin: false,
      scopes: ['read', 'write', 'keys', 'tokens'],
      via: 'session',
      token: null,
      mail_domain: 'agents.example.org',
      may_create_agents: false,
    });
    expect((await api.operator.get('/me')).json).toMatchObject({ owner: null, via: 'operator' });
  });

  it('knows a path or answers 404, also without credentials', async () => {
    for (const path of ['', '/', '/nothing', '/agents/', '/agents/scout/', '/me/x']) {
      expect((await api.nobody.get(path)).json).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  it('names the methods that a path knows', async () => {
    const refused = await api.person(ANN).call('PUT', '/agents');
    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await api.nobody.call('POST', '/agents/scout/files/a/b')).headers.get('allow')).toBe(
      'DELETE, GET, HEAD, PUT',
    );
    expect((await api.nobody.call('OPTIONS', '/me')).status).toBe(405);
  });

  it('answers HEAD as GET without the body', async () => {
    const answer = await api.raw('operator', '/agents', { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it.each([
    ['{', 'not valid JSON'],
    ['"text"', 'The request'],
    ['null', 'The request'],
    ['', 'not valid JSON'],
    ['{"entry":"a@b.example"} x', 'not valid JSON'],
    ['{"entry":["a@b.example"]}', '"entry" can not be used'],
    ['{"entry":"a@b.example","entries":[]}', '"entries" is not known here'],
    ['{"__proto__":{"entry":"a@b.example"}}', '"entry" is missing'],
    [`{"entry":"${'x'.repeat(400)}"}`, '"entry" can not be used'],
    ['{"entry":"a\\u0000@b.example"}', '"entry" can not be used'],
  ])('refuses the body %j and says why', async (body, detail) => {
    const headers = { 'content-type': 'application/json' };
    const refused = await api.person(ANN).call('POST', '/agents/scout/allowed-senders', { body, headers });
    expect(refused.json).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining(detail) });
  });

  it('refuses bytes that are no UTF-8', async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d]);
    const headers = { 'content-type': 'application/json' };
    const refused = await api.person(ANN).call('POST', '/agents/scout/allowed-senders', { body, headers });
    expect(refused.json.detail).toContain('not valid JSON');
  });

  it('wants JSON as such, so that no form of another site can send it', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']) {
      const refused = await api.person(ANN).call('POST', '/agents/scout/allowed-senders', {
        body: '{"entry":"a@b.example"}',
        headers: { 'content-type': type },
      });
      expect(refused.json).toMatchObject({
        status: 415,
        detail: expect.stringContaining('application/json'),
      });
    }
    const withCharset = await api.person(ANN).call('POST', '/agents/scout/allowed-senders', {
      body: '{"entry":"a@b.example"}',
      headers: { 'content-type': 'Application/JSON; charset=utf-8' },
    });
    expect(withCharset.status).toBe(200);
  });

  it('reads no more of a body than its limit, whatever its length says', async () => {
    const large = `{"entry":"${'x'.repeat(1024 * 1024)}"}`;
    const refused = await api.person(ANN).call('POST', '/agents/scout/allowed-senders', {
      body: large,
      headers: { 'content-type': 'application/json' },
    });
    expect(refused.json).toMatchObject({ status: 413, code: 'body_too_large' });
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const init = { method: 'POST', body: endless, duplex: 'half' } as RequestInit;
    expect((await api.raw('operator', '/agents/scout/allowed-senders', init)).status).toBe(413);
    expect(pulled).toBeLessThan(40);
  });

  it.each([
    ['limit=0', '"limit"'],
    ['limit=201', '"limit"'],
    ['limit=1e2', '"limit"'],
    ['limit=-1', '"limit"'],
    ['limit=', '"limit"'],
    ['limit=5&limit=6', 'more than once'],
    ['cursor=', '"cursor"'],
    ['cursor=bm9uc2Vuc2U', '"cursor"'],
    [`cursor=${btoa('["1","x"]')}`, '"cursor"'],
    ['offset=5', '"offset" is not known here'],
    ['__proto__=5', 'not known here'],
  ])('refuses the query %s', async (query, detail) => {
    const refused = await api.person(ANN).get(`/agents?${query}`);
    expect(refused.json).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
  });

  it('never repeats a value that it refuses', async () => {
    const body = { key: 'sk-ant-secret with a blank' };
    const refused = await api.person(ANN).call('PUT', '/keys/anthropic', { body });
    expect(refused.status).toBe(400);
    expect(refused.text + api.log.join()).not.toContain('secret');
    const wrong = await api.person(ANN).call('PUT', '/keys/anthropic', { body: { key: ['sk-ant-secret'] } });
    expect(wrong.text + api.log.join()).not.toContain('secret');
  });

  it('tells of a fault nothing but that there was one, and logs the cause', async () => {
    api.deps.rawMail.stream = async () => {
      throw new Error('the disk is gone: /var/lib/x');
    };
    await api.addMail('m-1');
    const fault = await api.person(ANN).get('/mails/m-1/raw');
    expect(fault.json).toMatchObject({ status: 500, code: 'server_fault' });
    expect(fault.text).not.toContain('disk');
    expect(api.log.join()).toContain('the disk is gone');
  });

  it('logs each request by its route, without names, addresses or tokens', async () => {
    const token = await api.token(ANN, 'read', 'write');
    api.log.length = 0;
    await api.bearer(token).call('PATCH', '/agents/scout', { body: { model: 'opus' } });
    expect(api.log).toHaveLength(1);
    expect(api.log[0]).toContain('"path":"/agents/{agent}","status":200');
    expect(api.log[0]).not.toMatch(/scout|ann@|tf_/);
  });
});
