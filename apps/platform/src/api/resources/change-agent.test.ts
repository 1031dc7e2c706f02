import { insertSecretAddress } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('an agent that is changed', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());
  const change = (who: string, body: object) => api.person(who).call('PATCH', '/agents/scout', { body });

  it('begins under its name and reaches what is public', async () => {
    const shown = await api.person(ANN).get('/agents/scout');
    expect(shown.json).toMatchObject({ display_name: null, egress: 'public' });
  });

  it('gets a name in From and what it may reach, in their one form, and loses them again', async () => {
    const changed = await change(ANN, {
      display_name: '  Scout  of Ann ',
      egress: 'API.example.com, *.b.org',
    });
    expect(changed.json).toMatchObject({
      display_name: 'Scout of Ann',
      egress: 'api.example.com,*.b.org',
      model: 'haiku',
      owner: ANN,
      warnings: [],
    });
    expect((await change(ANN, { egress: 'none' })).json).toMatchObject({
      display_name: 'Scout of Ann',
      egress: 'none',
    });
    expect((await change(ANN, { display_name: null })).json.display_name).toBeNull();
    expect((await change(ANN, { display_name: '' })).json.display_name).toBeNull();
  });

  it('has every setting that was changed at one moment', async () => {
    for (const [model, session_scope] of [
      ['opus', 'thread'],
      ['sonnet', 'sender'],
      ['haiku', 'agent'],
      ['opus', 'sender'],
    ] as const) {
      const answers = await Promise.all([change(ANN, { model }), change(ANN, { session_scope })]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect((await api.person(ANN).get('/agents/scout')).json).toMatchObject({ model, session_scope });
    }
  });

  it.each([
    [{ display_name: 'ceo@bank.com' }, '"display_name": It has an @'],
    [{ display_name: 'Scout\r\nBcc: eve@example.com' }, '"display_name": It has the character U+000D'],
    [{ display_name: 7 }, '"display_name"'],
    [{ egress: 'public,none' }, '"egress": '],
    [{ egress: '' }, '"egress": '],
    [{ egress: 'http://example.com' }, '"egress": '],
    [{ egress: null }, '"egress"'],
    [{ model: 'gpt-7' }, '"model": There is no model of that name'],
    [{ owner: 'nobody' }, '"owner": '],
    [{ owner: null }, '"owner"'],
    [{ name: 'other' }, '"name" is not known here'],
  ])('stays whole as it was where %j can not be', async (wrong, detail) => {
    const before = (await api.person(ADMIN).get('/agents/scout')).json;
    const good = { model: 'opus', session_scope: 'thread', display_name: 'New', egress: 'none', owner: BOB };
    const refused = await change(ADMIN, { ...good, ...wrong });
    expect(refused.json).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
    expect((await api.person(ADMIN).get('/agents/scout')).json).toEqual(before);
  });

  it('leaves config.json alone where nothing of it is changed', async () => {
    await api.folders.write('scout', 'config.json', 'no JSON');
    await change(ANN, { egress: 'none' });
    const file = await api.folders.read('scout', 'config.json', 1000);
    expect(file.ok && new TextDecoder().decode(file.bytes)).toBe('no JSON');
  });

  describe('of its owner', () => {
    it('is given away by admins and the operator alone', async () => {
      const tokens = [await api.token(ANN, 'write'), await api.token(ANN, 'read', 'write', 'admin')];
      for (const who of [api.person(ANN), ...tokens.map((token) => api.bearer(token))]) {
        const refused = await who.call('PATCH', '/agents/scout', { body: { owner: BOB, egress: 'none' } });
        expect(refused.json).toMatchObject({ status: 403, code: 'not_permitted' });
      }
      expect((await api.person(ANN).get('/agents/scout')).json).toMatchObject({
        owner: ANN,
        egress: 'public',
      });
      expect((await change(ANN, { owner: ANN })).json).toMatchObject({ owner: ANN, warnings: [] });
      const admin = api.bearer(await api.token(ADMIN, 'write', 'admin'));
      for (const [who, owner] of [
        [api.person(ADMIN), BOB],
        [api.operator, ANN],
        [admin, BOB],
      ] as const) {
        const changed = await who.call('PATCH', '/agents/scout', { body: { owner } });
        expect(changed.json.owner).toBe(owner);
      }
    });

    it('is seen and written to by the new one in the place of the one before, who is told to the admin', async () => {
      await api.person(ANN).call('POST', '/agents/scout/allowed-senders', { body: { entry: '@team.org' } });
      await api.addMail('m-1');
      const changed = await change(ADMIN, { owner: 'Bob@Example.com' });
      expect(changed.json).toMatchObject({
        owner: BOB,
        allowed_senders: ['@team.org', BOB],
        warnings: [`${ANN}, the owner before, may no longer write to it.`],
      });
      expect((await api.person(ANN).get('/agents/scout')).status).toBe(404);
      expect((await api.person(ANN).get('/mails/m-1')).status).toBe(404);
      expect((await api.person(BOB).get('/mails/m-1')).status).toBe(200);
    });

    it('says what of the one before still counts', async () => {
      await api
        .person(ANN)
        .call('POST', '/agents/scout/allowed-senders', { body: { entry: '@example.com' } });
      const secret = { token_sha256: 'x', note: '', created_at: 1 };
      await insertSecretAddress(api.db, { ...secret, id: 's-1', agent_id: 'scout' });
      await api.folders.write('scout', 'MEMORY.md', `- Owner: ${ANN}\n`);
      expect((await change(ADMIN, { owner: BOB })).json.warnings).toEqual([
        `${ANN}, the owner before, may still write to it: @example.com is on the list.`,
        'Secret addresses that were made before still let mail in: 1.',
        `Its MEMORY.md names ${ANN}.`,
      ]);
    });

    it('is changed also where the folder is gone', async () => {
      await api.folders.remove('scout');
      expect((await change(ADMIN, { owner: BOB })).json.owner).toBe(BOB);
    });
  });
});
