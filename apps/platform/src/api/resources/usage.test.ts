import { endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('usage over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi({ ownerBudgetMicroUsd: 20_000_000 });
    await api.addAgent('scout', ANN);
    await api.addAgent('other', ANN);
    await api.addAgent('bobs', BOB);
    for (const [id, agent_id, sender_base, cost_usd] of [
      ['r-1', 'scout', ANN, 0.25],
      ['r-2', 'scout', '=cmd@example.com', 0.5],
      ['r-3', 'other', ANN, 4],
      ['r-4', 'bobs', BOB, 16],
    ] as const) {
      await api.addMail(id, { agent_id, sender_base });
      const model = `claude-of-${agent_id}`;
      await endRun(api.db, id, { status: 'done', finished_at: api.now, cost_usd, model, input_tokens: 10 });
    }
  });
  afterEach(() => api.dispose());
  const rows = async (query: string, who = ANN) =>
    (await api.person(who).get(`/usage${query}`)).json.data.map(
      ({ key, turns, cost_usd }: { key: string; turns: number; cost_usd: number }) => [key, turns, cost_usd],
    );

  it('is added up by day, hour, model, agent and sender', async () => {
    expect(await rows('')).toEqual([['2026-11-27', 3, 4.75]]);
    expect(await rows('?by=hour&from=2026-11-27')).toEqual([['2026-11-27T12:00', 3, 4.75]]);
    expect(await rows('?by=model')).toEqual([
      ['claude-of-other', 1, 4],
      ['claude-of-scout', 2, 0.75],
    ]);
    expect(await rows('?by=agent&agent=scout')).toEqual([['scout', 2, 0.75]]);
    expect(await rows('?by=sender')).toEqual([
      [ANN, 2, 4.25],
      ['=cmd@example.com', 1, 0.5],
    ]);
    expect(await rows('?from=2026-11-28')).toEqual([]);
    expect(await rows('?from=2026-11-01&to=2026-11-27')).toEqual([]);
    expect(await rows('?from=2026-11-27T00:00:00Z&to=2026-11-28')).toHaveLength(1);
  });

  it('falls on the days and hours of a zone', async () => {
    expect(await rows('?zone=Pacific/Auckland')).toEqual([['2026-11-28', 3, 4.75]]);
    expect(await rows('?zone=%2B05:45&by=hour&from=2026-11-27')).toEqual([['2026-11-27T17:00', 3, 4.75]]);
  });

  it('of the month so far is read from sums, not from every run', async () => {
    await api.db.updateTable('usage_days').set({ turns: 7 }).where('agent_id', '=', 'other').execute();
    expect(await rows('?by=agent')).toEqual([
      ['other', 7, 4],
      ['scout', 2, 0.75],
    ]);
  });

  it('as CSV is named by its first day in the zone', async () => {
    const token = await api.token(ANN, 'read');
    const path = '/usage?from=2026-11-26T23:00:00Z&zone=Europe/Berlin';
    const answer = await api.raw(token, path, { headers: { accept: 'text/csv' } });
    expect(answer.headers.get('content-disposition')).toContain('"usage-by-day-2026-11-27.csv"');
  });

  it('is of everybody for an admin, or of the owner that they name', async () => {
    expect(await rows('', ADMIN)).toEqual([['2026-11-27', 4, 20.75]]);
    expect(await rows(`?owner=${BOB}`, ADMIN)).toEqual([['2026-11-27', 1, 16]]);
    expect(await rows(`?owner=${BOB}&agent=scout`, ADMIN)).toEqual([]);
    expect(await rows('', BOB)).toEqual([['2026-11-27', 1, 16]]);
  });

  it('is given as CSV, in which no address is a formula', async () => {
    const token = await api.token(ANN, 'read');
    const answer = await api.raw(token, '/usage?by=sender', { headers: { accept: 'text/csv' } });
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="usage-by-sender-2026-11-01.csv"',
    );
    expect((await answer.text()).split('\r\n')).toEqual([
      'sender,turns,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd',
      `${ANN},2,20,0,0,0,4.250000`,
      "'=cmd@example.com,1,10,0,0,0,0.500000",
      '',
    ]);
  });

  it.each([
    'from=yesterday',
    'from=2026-13-01',
    'from=2026-02-01&to=2026-01-01',
    'from=2020-01-01',
    'by=minute',
    'by=hour&from=2026-11-01&to=2026-11-20',
    'zone=Mars/Olympus',
    "zone=UTC'",
  ])('is refused for %s', async (query) => {
    expect((await api.person(ANN).get(`/usage?${query}`)).json.code).toBe('invalid_request');
  });

  it('of the month shows what is spent and set aside, the cap, and where it leads', async () => {
    const month = async (query = '', who = ANN) => (await api.person(who).get(`/usage/month${query}`)).json;
    await api.db
      .updateTable('runs')
      .set({ status: 'running', reserved_micro_usd: 300_000 })
      .where('id', '=', 'r-1')
      .execute();
    expect(await month()).toEqual({
      month: '2026-11',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      spent_usd: 4.75,
      reserved_usd: 0.3,
      monthly_usd: 20,
      cap_from: 'default',
      state: 'ok',
      // The agents were made a moment ago.
      projected_usd: null,
    });
    await api.db.updateTable('agents').set({ created_at: 1 }).execute();
    expect((await month()).projected_usd).toBeCloseTo((4.75 / 26.5) * 30, 2);
    expect(await month('?agent=scout')).toMatchObject({ spent_usd: 0.75, monthly_usd: null, cap_from: null });
    await api.person(ANN).call('PUT', '/agents/scout/budget', { body: { monthly_usd: 0.8 } });
    expect(await month('?agent=scout')).toMatchObject({ monthly_usd: 0.8, cap_from: 'set', state: 'low' });
    expect(await month('', ADMIN)).toMatchObject({ spent_usd: 20.75, monthly_usd: null, state: null });
    expect(await month(`?owner=${BOB}`, ADMIN)).toMatchObject({ spent_usd: 16, state: 'low' });
  });
});
