import { secretTokenHash } from '@tinyfat/core';
import { type Database, findSecretAddress, insertSecretAddress } from '@tinyfat/database';
import { duringLock } from '@tinyfat/testing/during-lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

describe('who may write, over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());
  const add = (entry: string) =>
    api.person(ANN).call('POST', '/agents/scout/allowed-senders', { body: { entry } });
  const listed = async () =>
    (await api.person(ANN).get('/agents/scout/allowed-senders')).json.data.map(
      ({ entry }: { entry: string }) => entry,
    );

  it('is added in its one spelling, once', async () => {
    expect((await add(' Bob@EXAMPLE.com ')).json).toEqual({
      entry: 'bob@example.com',
      added: true,
      warning: null,
    });
    expect((await add('bob@example.com')).json.added).toBe(false);
    expect((await add('@gmail.com')).json.warning).toContain('gmail.com');
    expect((await listed()).sort()).toEqual(['@gmail.com', ANN, 'bob@example.com']);
    expect((await add('nobody')).json).toMatchObject({
      status: 400,
      detail: expect.stringContaining('"entry"'),
    });
  });

  it('is listed with why an entry may let in somebody who is not meant', async () => {
    await add('@gmail.com');
    const { data } = (await api.person(ANN).get('/agents/scout/allowed-senders')).json;
    expect(
      data.map(({ entry, warning }: { entry: string; warning: string | null }) => [entry, warning]),
    ).toEqual([
      ['@gmail.com', '@gmail.com lets in everybody who has a mailbox at gmail.com, which anyone can get.'],
      [ANN, null],
    ]);
    expect((await add('bob@examp1e.com')).json.warning).toContain('examp1e.com looks like example.com');
    expect((await add('@gmai1.com')).json.warning).toContain('looks like gmail.com');
  });

  it('is asked of an address before it writes', async () => {
    await add('@agents.example.org');
    await api.addAgent('helper', 'bob@example.com');
    const ask = async (address: string) =>
      (await api.person(ANN).get(`/agents/scout/would-get-in?address=${encodeURIComponent(address)}`)).json;
    expect(await ask(' Ann+x@Example.com')).toEqual({
      address: 'ann+x@example.com',
      gets_in: true,
      entry: ANN,
      code: 'accepted',
      reason: 'ann+x@example.com is allowed by ann@example.com.',
      warning: null,
    });
    expect(await ask('eve@example.com')).toMatchObject({ gets_in: false, entry: null, code: 'not_allowed' });
    expect(await ask('helper@agents.example.org')).toMatchObject({ gets_in: false, code: 'own_address' });
    expect(await ask('ben@agents.example.org')).toMatchObject({ gets_in: true });
    expect((await ask('аnn@example.com')).warning).toContain('mixes');
    expect(await ask('nobody')).toMatchObject({ status: 400, detail: '"address": The address has no @.' });
  });

  it('is taken off by its encoded entry', async () => {
    await add('@*.corp.example');
    const path = `/agents/scout/allowed-senders/${encodeURIComponent('@*.corp.example')}`;
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(404);
    expect((await api.person(ANN).call('DELETE', '/agents/scout/allowed-senders/x')).status).toBe(400);
    expect(await listed()).toEqual([ANN]);
  });

  it('finds the list full at some time', async () => {
    for (let i = 0; i < 997; i++) {
      await api.db
        .insertInto('allowed_senders')
        .values({ agent_id: 'scout', entry: `a${i}@b.example`, created_at: 1 })
        .execute();
    }
    const many = Array.from({ length: 6 }, (_, i) => add(`${i}@more.example`));
    const statuses = (await Promise.all(many)).map((one) => one.status);
    expect(statuses.sort()).toEqual([200, 200, 409, 409, 409, 409]);
    expect((await add('one@more.example')).json).toMatchObject({ status: 409, code: 'conflict' });
  });

  it('has two hundred secret addresses at most, also where many are made at once', async () => {
    const row = { agent_id: 'scout', note: '', created_at: 1 };
    for (let i = 0; i < 199; i++) {
      await insertSecretAddress(api.db, { ...row, id: `s-${i}`, token_sha256: `h-${i}` });
    }
    const make = () => api.person(ANN).call('POST', '/agents/scout/secret-addresses', { body: { note: '' } });
    const last = { ...row, id: 's-199', token_sha256: 'h-199' };
    const first = (tx: Database) => insertSecretAddress(tx, last);
    expect((await duringLock(api.db, ['agent:scout'], { first }, make)).status).toBe(409);
  });

  it('knows a secret address, which is shown once and stored as a hash', async () => {
    const made = await api.person(ANN).call('POST', '/agents/scout/secret-addresses', {
      body: { note: 'for the printer' },
    });
    expect(made.status).toBe(201);
    const [, token = ''] = /^scout\+(\w{26})@agents\.example\.org$/.exec(made.json.address) ?? [];
    expect(await findSecretAddress(api.db, 'scout', await secretTokenHash(token))).toMatchObject({
      note: 'for the printer',
    });
    const list = await api.person(ANN).get('/agents/scout/secret-addresses');
    expect(list.json.data).toEqual([
      { id: made.json.id, note: 'for the printer', created_at: expect.any(String), last_used_at: null },
    ]);
    expect(list.text + api.log.join()).not.toContain(token);
    const path = `/agents/scout/secret-addresses/${made.json.id}`;
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(404);
  });
});
