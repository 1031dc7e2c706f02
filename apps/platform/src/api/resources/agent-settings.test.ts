import { resumeAgent } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, openApi } from '../test-support/api.ts';

describe('the settings of an agent', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());
  const change = (who: string, body: object) => api.person(who).call('PATCH', '/agents/scout', { body });
  const settings = async () => (await api.person(ANN).get('/agents/scout/settings')).json;

  it('are shown with where they come from', async () => {
    expect(await settings()).toMatchObject({
      model: { named: 'haiku', in_force: 'claude-haiku-4-5', from: 'config.json' },
      session_scope: { in_force: 'agent', from: 'server' },
      display_name: { in_force: 'scout', from: 'server' },
      egress: { in_force: 'public', from: 'server' },
      outbound: { in_force: 'known', from: 'server' },
      may_set_anyone: false,
      warnings: [],
    });
    await change(ANN, { model: null, session_scope: 'thread', egress: 'none', outbound: 'ask' });
    expect(await settings()).toMatchObject({
      model: { named: null, in_force: 'claude-haiku-4-5', from: 'server' },
      session_scope: { in_force: 'thread', from: 'config.json' },
      egress: { in_force: 'none', from: 'agent' },
      outbound: { in_force: 'ask', from: 'agent' },
    });
  });

  it('fall back to the default, and say so, where config.json names what there is not', async () => {
    await api.folders.write('scout', 'config.json', '{"model":"gpt-7","session_scope":"world"}');
    expect(await settings()).toMatchObject({
      model: { named: 'gpt-7', in_force: 'claude-haiku-4-5', from: 'server' },
      session_scope: { in_force: 'agent', from: 'server' },
      warnings: [
        expect.stringContaining('"session_scope"'),
        expect.stringContaining('no model of that name'),
      ],
    });
  });

  it('tell what a turn costs at each model by its own last ones, or that it is not known', async () => {
    for (const [id, cost_usd] of Object.entries({ a: 0.1, b: 0.3, c: 0.8 })) {
      await api.addMail(id);
      const run = { model: 'claude-haiku-4-5', status: 'done' as const, cost_usd };
      await api.db.updateTable('runs').set(run).where('id', '=', id).execute();
    }
    const [haiku, sonnet] = (await settings()).models;
    expect(haiku).toEqual({
      ...{ id: 'claude-haiku-4-5', name: 'claude-haiku-4-5' },
      ...{ turns: 3, median_usd: 0.3, mean_usd: 0.4 },
    });
    expect(sonnet).toMatchObject({ turns: 0, median_usd: null, mean_usd: null });
  });

  it('are not overwritten by somebody who saw an older config.json', async () => {
    const { config_etag } = await settings();
    await api.folders.write('scout', 'config.json', '{"model":"opus"}');
    const refused = await change(ANN, { model: 'sonnet', egress: 'none', config_etag });
    expect(refused.json).toMatchObject({ status: 412, code: 'precondition_failed' });
    expect((await api.person(ANN).get('/agents/scout')).json).toMatchObject({
      model: 'opus',
      egress: 'public',
    });
    const now = (await settings()).config_etag;
    expect((await change(ANN, { model: 'sonnet', config_etag: now })).json.model).toBe('sonnet');
  });

  it('let it write to anyone only by an admin, who need not set it again', async () => {
    const refused = await change(ANN, { outbound: 'anyone', display_name: 'New' });
    expect(refused.json).toMatchObject({ status: 403, code: 'not_permitted' });
    const whole = await api.token(ANN, 'read', 'write', 'admin');
    const asOwner = await api.bearer(whole).call('PATCH', '/agents/scout', { body: { outbound: 'anyone' } });
    expect(asOwner.json.code).toBe('not_permitted');
    expect((await api.person(ANN).get('/agents/scout')).json).toMatchObject({
      display_name: null,
      outbound: 'known',
    });
    expect((await change(ADMIN, { outbound: 'anyone' })).json.outbound).toBe('anyone');
    expect((await change(ANN, { outbound: 'anyone' })).json.outbound).toBe('anyone');
    expect((await change(ANN, { outbound: 'ask' })).json.outbound).toBe('ask');
    expect((await change(ANN, { outbound: 'everybody' })).json.status).toBe(400);
  });
});

describe('an agent that is paused', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());
  const change = (body: object) => api.person(ANN).call('PATCH', '/agents/scout', { body });
  const states = async () =>
    (await api.db.selectFrom('jobs').select('state').execute()).map(({ state }) => state);

  it('lets released mail wait, says since when and how much, and goes on with it', async () => {
    expect((await api.person(ANN).get('/agents/scout')).json).toMatchObject({
      paused_at: null,
      mails_paused: 0,
    });
    const paused = (await change({ paused: true })).json;
    expect(paused).toMatchObject({ paused_at: expect.any(String), mails_paused: 0 });
    await api.addQuarantinedMail('m-1');
    expect((await api.person(ANN).call('POST', '/mails/m-1/release')).status).toBe(200);
    expect(await states()).toEqual(['paused']);
    api.now += 60_000;
    expect((await change({ paused: true })).json).toMatchObject({
      paused_at: paused.paused_at,
      mails_paused: 1,
    });
    api.woken.length = 0;
    expect((await change({ paused: false })).json).toMatchObject({ paused_at: null, mails_paused: 0 });
    expect([await states(), api.woken]).toEqual([['ready'], ['jobs']]);
  });

  it('is deleted with what waits, which comes to its end', async () => {
    await change({ paused: true });
    await api.addQuarantinedMail('m-1');
    await api.person(ANN).call('POST', '/mails/m-1/release');
    api.woken.length = 0;
    expect((await api.person(ANN).call('DELETE', '/agents/scout')).status).toBe(204);
    expect([await states(), api.woken]).toEqual([['ready'], ['jobs']]);
    expect(await resumeAgent(api.db, 'scout', api.now)).toBeNull();
  });
});
