import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('agents over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi({ mayCreateAgents: async ({ owner }) => owner !== BOB });
  });
  afterEach(() => api.dispose());

  it('are made with their folder, their owner on the list, and shown', async () => {
    const made = await api.person(ANN).call('POST', '/agents', {
      body: { name: 'Scout', allow: ['@Example.com', 'x@gmail.com', '@gmail.com'], model: 'sonnet' },
    });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      name: 'scout',
      address: 'scout@agents.example.org',
      owner: ANN,
      model: 'sonnet',
      session_scope: 'agent',
      allowed_senders: ['@example.com', '@gmail.com', ANN, 'x@gmail.com'],
      turns: 0,
      turn_running: false,
      warnings: [expect.stringContaining('gmail.com')],
    });
    expect((await api.person(ANN).get('/agents/scout')).json).toEqual({ ...made.json, warnings: [] });
    expect((await api.folders.list(made.json.id, '', 10)).map(({ name }) => name)).toContain('MEMORY.md');
  });

  it('are of another owner only where an admin says so', async () => {
    const body = { name: 'scout', owner: BOB };
    expect((await api.person(ANN).call('POST', '/agents', { body })).json.code).toBe('not_permitted');
    expect((await api.person(ADMIN).call('POST', '/agents', { body })).json.owner).toBe(BOB);
    expect((await api.operator.call('POST', '/agents', { body: { name: 'two' } })).json.detail).toContain(
      '"owner" is missing',
    );
  });

  it('are shown and deleted also where their folder is gone', async () => {
    await api.addAgent('scout', ANN);
    await api.folders.remove('scout');
    expect((await api.person(ANN).get('/agents/scout')).json).toMatchObject({
      model: null,
      warnings: [expect.stringContaining('the folder of the agent is not there')],
    });
    expect((await api.person(ANN).call('DELETE', '/agents/scout')).status).toBe(204);
  });

  it('are listed of one owner where an admin says so', async () => {
    await api.addAgent('scout', ANN);
    await api.addAgent('bobs', BOB);
    const names = async (who: string, query: string) =>
      (await api.person(who).get(`/agents?${query}`)).json.data.map(({ name }: { name: string }) => name);
    expect(await names(ADMIN, 'limit=10')).toEqual(['bobs', 'scout']);
    expect(await names(ADMIN, 'owner=Bob@Example.com')).toEqual(['bobs']);
    expect(await names(ANN, `owner=${ANN}`)).toEqual(['scout']);
  });

  it('are made by nobody whom the composition does not let', async () => {
    const refused = await api.person(BOB).call('POST', '/agents', { body: { name: 'scout' } });
    expect(refused.json).toMatchObject({ status: 403, code: 'not_permitted' });
  });

  it('have a name once, and leave no folder behind where it is taken', async () => {
    await api.addAgent('scout', BOB);
    const refused = await api.person(ANN).call('POST', '/agents', { body: { name: 'scout' } });
    expect(refused.json).toMatchObject({ status: 409, code: 'agent_name_taken' });
    const { readdirSync } = await import('node:fs');
    expect(readdirSync(api.paths.agents)).toEqual(['scout']);
  });

  it.each([
    [{ name: 'postmaster' }, '"name"'],
    [{ name: 'a b' }, '"name"'],
    [{ name: 'x', allow: ['nobody'] }, '"allow"'],
    [{ name: 'x', allow: 'nobody' }, '"allow"'],
    [{ name: 'x', owner: 'nobody' }, '"owner"'],
    [{ name: 'x', model: 'gpt' }, '"model"'],
    [{}, '"name" is missing.'],
    [{ name: 'x', color: 'red' }, '"color" is not known here; leave it out.'],
    [{ name: 7 }, '"name" can not be used; write the name of an agent.'],
    [[], 'must be a JSON object'],
  ])('are not made from %j', async (body, detail) => {
    const refused = await api.person(ADMIN).call('POST', '/agents', { body });
    expect(refused.json).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining(detail) });
    expect((await api.person(ADMIN).get('/agents')).json.data).toEqual([]);
  });

  it('are listed newest first, page by page, with what they used', async () => {
    for (const name of ['one', 'two', 'three']) await api.addAgent(name, ANN);
    await api.addAgent('other', BOB);
    await api.addMail('m-1', { agent_id: 'two' });
    const names = (json: { data: { name: string }[] }) => json.data.map(({ name }) => name);
    const first = await api.person(ANN).get('/agents?limit=2');
    expect(names(first.json)).toEqual(['three', 'two']);
    expect(first.json.data[1].turns).toBe(1);
    const next = await api.person(ANN).get(`/agents?limit=2&cursor=${first.json.next_cursor}`);
    expect(names(next.json)).toEqual(['one']);
    expect(next.json.next_cursor).toBeNull();
    expect(names((await api.person(ADMIN).get('/agents')).json)).toEqual(['other', 'three', 'two', 'one']);
  });

  it('change their model and what shares a session; the rest of config.json stays', async () => {
    await api.addAgent('scout', ANN);
    await api.folders.write('scout', 'config.json', '{"theme":"dark","model":"haiku"}');
    const changed = await api.person(ANN).call('PATCH', '/agents/scout', {
      body: { model: 'opus', session_scope: 'thread' },
    });
    expect(changed.json).toMatchObject({ model: 'opus', session_scope: 'thread', warnings: [] });
    const file = await api.folders.read('scout', 'config.json', 1000);
    expect(file.ok && JSON.parse(new TextDecoder().decode(file.bytes))).toEqual({
      theme: 'dark',
      model: 'opus',
      session_scope: 'thread',
    });
    const unset = await api.person(ANN).call('PATCH', '/agents/scout', { body: { model: null } });
    expect(unset.json).toMatchObject({ model: null, session_scope: 'thread' });
    const refused = await api.person(ANN).call('PATCH', '/agents/scout', { body: { model: 'gpt-7' } });
    expect(refused.json.detail).toContain('There is no model of that name');
  });

  it('are deleted: their name is free, their mails stay on record', async () => {
    await api.addAgent('scout', ANN);
    await api.addMail('m-1');
    expect((await api.person(ANN).call('DELETE', '/agents/scout')).status).toBe(204);
    expect((await api.person(ANN).get('/agents/scout')).status).toBe(404);
    expect((await api.person(ANN).call('DELETE', '/agents/scout')).status).toBe(404);
    expect((await api.person(ANN).get('/mails/m-1')).json.agent).toBe('scout');
    expect((await api.folders.list('scout', '', 10)).length).toBeGreaterThan(0);
  });
});
