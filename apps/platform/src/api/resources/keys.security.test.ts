/** Invariant 5: a key that was stored is in no answer, no log line, no error and in no file in clear. */
import { readdirSync, readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openSecret, parseMasterKeys, providerKeyBinding } from '@tinyfat/core';
import { findProviderKey } from '@tinyfat/database';
import { allRows } from '@tinyfat/testing/all-rows';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

const KEY = 'sk-ant-api03-SECRETSECRET-wxyz';

describe('a key of a provider', () => {
  let api: ApiFixture;
  let said: string[];
  beforeEach(async () => {
    api = await openApi();
    said = [];
  });
  afterEach(async () => {
    const folder = dirname(api.paths.database);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    for (const file of files) {
      const text = readFileSync(join(file.parentPath, file.name), 'latin1');
      expect([file.name, text.includes('SECRET')]).toEqual([file.name, false]);
    }
    // On Postgres it is in no file of ours.
    expect(await allRows(api.db)).not.toContain('SECRET');
    expect(said.join() + api.log.join()).not.toContain('SECRET');
    await api.dispose();
  });
  const put = async (key: unknown, who = ANN, query = '') => {
    const answer = await api.person(who).call('PUT', `/keys/anthropic${query}`, { body: { key } });
    said.push(answer.text, JSON.stringify([...answer.headers]));
    return answer;
  };

  it('is stored sealed, opens for its owner, and is told by its last four', async () => {
    const shown = { owner: ANN, provider: 'anthropic', last_four: 'wxyz', last_used_at: null };
    expect((await put(KEY)).json).toMatchObject(shown);
    expect((await api.person(ANN).get('/keys')).json.data).toMatchObject([shown]);
    expect((await api.person(BOB).get('/keys')).json.data).toEqual([]);
    const row = await findProviderKey(api.db, ANN, 'anthropic');
    const keys = parseMasterKeys(readFileSync(api.paths.masterKeys, 'utf8').trim());
    if (!row || !keys.ok) throw new Error('no row or no master key');
    expect(await openSecret(row.sealed, providerKeyBinding(row), keys.keys)).toMatchObject({
      ok: true,
      secret: KEY,
    });
  });

  it('is replaced and removed by its owner alone', async () => {
    await put(KEY);
    expect((await put(`${KEY}-1234`)).json).toMatchObject({ last_four: '1234', replaced: 'wxyz' });
    expect((await api.person(BOB).call('DELETE', '/keys/anthropic')).status).toBe(404);
    expect((await api.person(ANN).call('DELETE', '/keys/anthropic')).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', '/keys/anthropic')).status).toBe(404);
  });

  it('of somebody else is put and listed by admins', async () => {
    expect((await put(KEY, ADMIN, `?owner=${encodeURIComponent(' ANN@example.com')}`)).json.owner).toBe(ANN);
    await put(KEY, ADMIN);
    expect(
      (await api.person(ADMIN).get('/keys')).json.data.map(({ owner }: { owner: string }) => owner),
    ).toEqual([ANN, ADMIN]);
    expect((await put(KEY, BOB, `?owner=${ANN}`)).json.code).toBe('not_permitted');
  });

  it.each([
    '',
    'SECRET',
    `SECRET ${KEY}`,
    `SECRET${'x'.repeat(600)}`,
    `${KEY}\n\nSECRET`,
    { SECRET: 1 },
    null,
  ])('is not %j, which is not repeated', async (key) => {
    expect((await put(key)).json).toMatchObject({ status: 400, detail: expect.stringContaining('"key') });
    expect((await api.person(ANN).get('/keys')).json.data).toEqual([]);
  });

  it('that is too large for a body is not repeated', async () => {
    expect((await put(`SECRET${'x'.repeat(20_000)}`)).status).toBe(413);
  });

  it('in a field of another name is not repeated', async () => {
    const answer = await api.person(ANN).call('PUT', '/keys/anthropic', { body: { [KEY]: KEY, key: KEY } });
    said.push(answer.text.replaceAll(KEY, ''));
    expect(answer.status).toBe(400);
  });

  it('is not stored where it can not be sealed; the answer names nothing of the machine', async () => {
    await put(KEY);
    await chmod(api.paths.masterKeys, 0o644);
    const answer = await put(`${KEY}-1234`);
    expect(answer.json).toMatchObject({ status: 500, code: 'server_fault' });
    expect(answer.text).not.toContain(api.paths.masterKeys);
    expect(api.log.join()).toContain('master_keys_unsafe');
    expect((await api.person(ANN).get('/keys')).json.data).toMatchObject([{ last_four: 'wxyz' }]);
  });
});
