/** Tokens: never stored in clear, and worth nothing beyond what they were made for. */
import { UNCOUNTED } from '@tinyfat/core';
import { allRows } from '@tinyfat/testing/all-rows';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApi } from './create-api.ts';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from './test-support/api.ts';

const DAY_MS = 86_400_000;

describe('a token', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());
  const make = (by: { call: ApiFixture['operator']['call'] }, body: object) =>
    by.call('POST', '/tokens', { body });
  const status = async (token: string, path = '/agents/scout') => (await api.bearer(token).get(path)).status;

  it('is shown once, and stored as a hash alone', async () => {
    const made = await make(api.person(ANN), { name: 'laptop', scopes: ['read'] });
    const { token } = made.json;
    expect(token).toMatch(/^tf_[\w-]{43}$/);
    expect(await status(token)).toBe(200);
    const [row] = (await api.person(ANN).get('/tokens')).json.data;
    expect(row).toMatchObject({ name: 'laptop', last_four: token.slice(-4), scopes: ['read'], owner: ANN });
    const rows = await allRows(api.db);
    expect(rows).toContain('laptop');
    expect(rows).not.toContain(token.slice(3));
    expect(api.log.join()).not.toContain(token.slice(3));
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Basic dGY6eA==',
    'Bearer tf_',
    `Bearer tf_${'A'.repeat(42)}`,
    `Bearer tf_${'A'.repeat(44)}`,
    `Bearer tf_${'A'.repeat(42)}'`,
    `tf_${'A'.repeat(43)}`,
    `Bearer Bearer tf_${'A'.repeat(43)}`,
  ])('is not %j', async (authorization) => {
    const answer = await api.nobody.call('GET', '/me', { headers: { authorization } });
    expect(answer.json).toMatchObject({ status: 401, code: 'token_invalid' });
  });

  it('that is no good is not made up for by the session beside it', async () => {
    const headers = { authorization: `Bearer tf_${'A'.repeat(43)}` };
    expect((await api.person(ANN).call('GET', '/me', { headers })).status).toBe(401);
  });

  it('ends at its time to the millisecond, and by itself after 90 days', async () => {
    const { token, expires_at } = (await make(api.person(ANN), { scopes: ['read'] })).json;
    expect(Date.parse(expires_at) - api.now).toBe(90 * DAY_MS);
    api.now = Date.parse(expires_at) - 1;
    expect(await status(token)).toBe(200);
    api.now += 1;
    expect(await status(token)).toBe(401);
  });

  it('ends when it is revoked, which its owner or an admin can do, once', async () => {
    const first = await make(api.person(ANN), { scopes: ['read'] });
    const second = await make(api.person(ANN), { scopes: ['read'] });
    expect((await api.person(BOB).call('DELETE', `/tokens/${first.json.id}`)).status).toBe(404);
    expect((await api.person(ANN).call('DELETE', `/tokens/${first.json.id}`)).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', `/tokens/${first.json.id}`)).status).toBe(404);
    expect((await api.person(ADMIN).call('DELETE', `/tokens/${second.json.id}`)).status).toBe(204);
    expect([await status(first.json.token), await status(second.json.token)]).toEqual([401, 401]);
  });

  it('is listed a page at a time, and named by the beginning of its id, by its owner alone', async () => {
    for (const name of ['one', 'two', 'three']) {
      api.now += 1;
      await make(api.person(ANN), { name, scopes: ['read'] });
    }
    await make(api.person(BOB), { name: 'his', scopes: ['read'] });
    const first = (await api.person(ANN).get('/tokens?limit=2')).json;
    const second = (await api.person(ANN).get(`/tokens?limit=2&cursor=${first.next_cursor}`)).json;
    expect([...first.data, ...second.data].map(({ name }) => name)).toEqual(['three', 'two', 'one']);
    expect(second.next_cursor).toBeNull();
    const { id } = second.data[0];
    expect((await api.person(BOB).call('DELETE', `/tokens/${id}`)).status).toBe(404);
    expect((await api.person(ANN).call('DELETE', `/tokens/${id}`)).status).toBe(204);
  });

  it('makes none that can more than itself', async () => {
    const narrow = api.bearer(await api.token(ANN, 'read', 'tokens'));
    expect((await make(narrow, { scopes: ['write'] })).json).toMatchObject({ code: 'scope_missing' });
    expect((await make(narrow, { scopes: ['read', 'admin'] })).json.code).toBe('scope_missing');
    expect((await make(narrow, { scopes: ['read'], owner: BOB })).json.code).toBe('not_permitted');
    expect((await make(narrow, { scopes: ['read', 'read'] })).json.scopes).toEqual(['read']);
    const none = api.bearer(await api.token(ANN, 'read', 'write', 'keys'));
    expect((await make(none, { scopes: ['read'] })).json.code).toBe('scope_missing');
  });

  it('makes none that lives longer than itself', async () => {
    const made = await make(api.person(ANN), { scopes: ['tokens'], expires_in_days: 10 });
    const short = api.bearer(made.json.token);
    expect((await make(short, { scopes: ['tokens'], expires_in_days: 11 })).json.code).toBe('not_permitted');
    expect((await make(short, { scopes: ['tokens'] })).json.expires_at).toBe(made.json.expires_at);
    expect((await make(short, { scopes: ['tokens'], expires_in_days: 10 })).status).toBe(201);
    api.now += 1;
    expect((await make(short, { scopes: ['tokens'], expires_in_days: 10 })).json.code).toBe('not_permitted');
  });

  it('without an end is made on the machine itself only, and lives at most 366 days else', async () => {
    for (const by of [api.person(ANN), api.person(ADMIN), api.bearer(await api.token(ANN, 'tokens'))]) {
      const refused = await make(by, { scopes: ['tokens'], expires_in_days: null });
      expect(refused.json.code).toBe('not_permitted');
      expect((await make(by, { scopes: ['tokens'], expires_in_days: 367 })).status).toBe(400);
      expect((await make(by, { scopes: ['tokens'], expires_in_days: 0 })).status).toBe(400);
      expect((await make(by, { scopes: ['tokens'], expires_in_days: 1.5 })).status).toBe(400);
    }
    const made = await make(api.operator, { scopes: ['read'], owner: ANN, expires_in_days: null });
    expect(made.json.expires_at).toBeNull();
  });

  it('of an admin sees everybody, and stops to when its owner is none any more', async () => {
    const token = await api.token(ADMIN, 'read', 'admin');
    expect((await api.bearer(token).get('/agents')).json.data).toHaveLength(1);
    expect((await api.bearer(token).get('/me')).json).toMatchObject({ is_admin: true });
    const later = createApi({ ...api.deps, adminEmails: [] });
    const from = { clientAddress: '192.0.2.1', local: false };
    const ask = async (path: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return await (await later(new Request(`http://x/api/v1${path}`, { headers }), from, UNCOUNTED)).json();
    };
    expect(await ask('/me')).toMatchObject({ is_admin: false, scopes: ['read'] });
    expect(await ask('/agents')).toMatchObject({ data: [] });
    expect(await ask('/agents/scout')).toMatchObject({ code: 'not_found' });
  });

  it('of an admin without the scope admin sees only what is theirs', async () => {
    const token = await api.token(ADMIN, 'read', 'write', 'tokens');
    expect(await status(token)).toBe(404);
    expect((await make(api.bearer(token), { scopes: ['read'], owner: ANN })).json.code).toBe('not_permitted');
  });

  it('of somebody else is no admin, whatever its scopes say', async () => {
    const token = await api.token(BOB, 'read', 'admin');
    expect((await api.bearer(token).get('/me')).json).toMatchObject({ is_admin: false, scopes: ['read'] });
    expect(await status(token)).toBe(404);
  });

  it('tells when it was last used, to the minute', async () => {
    const token = await api.token(ANN, 'read');
    const used = async () => (await api.person(ANN).get('/tokens')).json.data[0].last_used_at;
    expect(await used()).toBeNull();
    await status(token);
    const first = await used();
    api.now += 59_000;
    await status(token);
    expect(await used()).toBe(first);
    api.now += 1000;
    await status(token);
    expect(Date.parse(await used()) - Date.parse(first)).toBe(60_000);
  });

  it('is one of a hundred at most', async () => {
    const row = { owner: ANN, name: '', last_four: 'abcd', scopes: '["read"]', created_at: 1 };
    for (let i = 0; i < 98; i++) {
      await api.db
        .insertInto('api_tokens')
        .values({ ...row, id: `t-${i}`, token_sha256: `h-${i}`, expires_at: null })
        .execute();
    }
    const many = Array.from({ length: 6 }, () => make(api.person(ANN), { scopes: ['read'] }));
    const statuses = (await Promise.all(many)).map((one) => one.status);
    expect(statuses.sort()).toEqual([201, 201, 409, 409, 409, 409]);
    expect((await make(api.person(ANN), { scopes: ['read'] })).json.code).toBe('conflict');
  });
});
