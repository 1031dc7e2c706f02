import { endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('budgets over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi({ ownerBudgetMicroUsd: 20_000_000 });
    await api.addAgent('scout', ANN);
    await api.addAgent('other', ANN);
    for (const [id, agent_id, cost_usd] of [
      ['r-1', 'scout', 0.25],
      ['r-2', 'scout', 0.5],
      ['r-3', 'other', 4],
    ] as const) {
      await api.addMail(id, { agent_id });
      const model = `claude-of-${agent_id}`;
      await endRun(api.db, id, { status: 'done', finished_at: api.now, cost_usd, model, input_tokens: 10 });
    }
  });
  afterEach(() => api.dispose());
  const put = (path: string, monthly_usd: unknown, who = ANN) =>
    api.person(who).call('PUT', path, { body: { monthly_usd } });

  it('cap an agent, show what it has cost this month, and are removed', async () => {
    expect((await api.person(ANN).get('/agents/scout/budget')).json).toEqual({
      scope: 'agent',
      subject: 'scout',
      owner: ANN,
      monthly_usd: null,
      from: null,
      state: null,
      month: '2026-11',
      spent_usd: 0.75,
      reserved_usd: 0,
    });
    expect((await put('/agents/scout/budget', 0.8)).json).toMatchObject({
      monthly_usd: 0.8,
      from: 'set',
      state: 'low',
    });
    expect((await put('/agents/scout/budget', 0.5)).json.state).toBe('exhausted');
    expect((await api.person(ANN).call('DELETE', '/agents/scout/budget')).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', '/agents/scout/budget')).status).toBe(404);
  });

  it('of an owner stay as an admin has lowered them, whatever the owner asks for at that moment', async () => {
    for (let round = 0; round < 10; round++) {
      await put(`/budget?owner=${ANN}`, 10, ADMIN);
      await Promise.all([put('/budget', 9), put(`/budget?owner=${ANN}`, 1, ADMIN), put('/budget', 8)]);
      expect((await api.person(ANN).get('/budget')).json.monthly_usd).toBe(1);
    }
  });

  it('of an owner fall back to the default as an admin wants, or are lower', async () => {
    const after: number[] = [];
    for (let round = 0; round < 10; round++) {
      await put(`/budget?owner=${ANN}`, 100, ADMIN);
      await Promise.all([put('/budget', 90), api.person(ADMIN).call('DELETE', `/budget?owner=${ANN}`)]);
      after.push((await api.person(ANN).get('/budget')).json.monthly_usd);
    }
    expect(after.filter((monthly) => monthly > 20)).toEqual([]);
  });

  it('of an owner are lowered by the owner, and raised or removed by admins alone', async () => {
    const monthly = async () => {
      const { monthly_usd, from } = (await api.person(ANN).get('/budget')).json;
      return [monthly_usd, from];
    };
    expect(await monthly()).toEqual([20, 'default']);
    expect((await put('/budget', 21)).json.code).toBe('not_permitted');
    expect((await put('/budget', 10)).json).toMatchObject({ scope: 'owner', subject: ANN, spent_usd: 4.75 });
    expect((await put('/budget', 11)).json.code).toBe('not_permitted');
    expect((await api.person(ANN).call('DELETE', '/budget')).json.code).toBe('not_permitted');
    expect(await monthly()).toEqual([10, 'set']);
    expect((await put(`/budget?owner=${ANN}`, 50, ADMIN)).status).toBe(200);
    expect(await monthly()).toEqual([50, 'set']);
    expect((await api.person(ADMIN).call('DELETE', `/budget?owner=${ANN}`)).status).toBe(204);
    expect((await api.person(ADMIN).call('DELETE', `/budget?owner=${ANN}`)).status).toBe(404);
    expect(await monthly()).toEqual([20, 'default']);
  });

  it('are listed page by page, each for whom it concerns: owners, then agents', async () => {
    await api.addAgent('bobs', BOB);
    await put('/agents/scout/budget', 5);
    await put('/agents/bobs/budget', 6, BOB);
    const list = async (who: string, query = '') => (await api.person(who).get(`/budgets${query}`)).json;
    const named = ({ data }: { data: { scope: string; subject: string; monthly_usd: number }[] }) =>
      data.map(({ scope, subject, monthly_usd }) => `${scope} ${subject} ${monthly_usd}`);
    const all = [`owner ${ANN} 20`, `owner ${BOB} 20`, 'agent bobs 6', 'agent scout 5'];
    expect(named(await list(ADMIN))).toEqual(all);
    expect(named(await list(ANN))).toEqual([`owner ${ANN} 20`, 'agent scout 5']);
    const first = await list(ADMIN, '?limit=3');
    const second = await list(ADMIN, `?limit=3&cursor=${first.next_cursor}`);
    expect([...named(first), ...named(second)]).toEqual(all);
    expect(second.next_cursor).toBe(null);
    await api.person(BOB).call('DELETE', '/agents/bobs');
    expect(named(await list(ADMIN))).toEqual([`owner ${ANN} 20`, 'agent scout 5']);
  });

  it.each([-1, 1_000_001, '5', null, Number.NaN])('are not %j', async (amount) => {
    expect((await put('/agents/scout/budget', amount)).json).toMatchObject({
      status: 400,
      detail: expect.stringContaining('an amount of US dollars'),
    });
  });
});
