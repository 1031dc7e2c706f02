/** What owners are mailed about, and the test mail. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('alerts', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.dispose());

  it('are on but for the digest, until the owner chooses', async () => {
    const usual = { held: true, failed: true, budget: true, digest: false };
    expect((await api.person(ANN).get('/alerts')).json).toEqual({ owner: ANN, ...usual, chosen_at: null });
    const chosen = { held: true, failed: false, budget: false, digest: true };
    expect((await api.person(ANN).call('PUT', '/alerts', { body: chosen })).json).toMatchObject(chosen);
    const chosenAt = new Date(api.now).toISOString();
    expect((await api.person(ANN).get('/alerts')).json).toMatchObject({ ...chosen, chosen_at: chosenAt });
    expect((await api.person(BOB).get('/alerts')).json).toMatchObject(usual);
    expect((await api.operator.get(`/alerts?owner=${ANN}`)).json).toMatchObject(chosen);
  });
});

describe('the way out', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.dispose());

  it('is shown to everybody, and what is wrong with it to admins', async () => {
    expect((await api.person(ANN).get('/mail-out')).json).toEqual({
      provider: 'smtp',
      host: 'relay.example',
      mail_domain: 'agents.example.org',
      problem: null,
      stopped: false,
      last_test: null,
    });
    expect((await api.person(ADMIN).get('/mail-out')).json.problem).toBe('The relay refuses.');
  });

  it('takes a test mail to the one who asks, five an hour', async () => {
    for (let times = 0; times < 5; times++) {
      const asked = await api.person(ANN).call('POST', '/mail-out/test');
      expect([asked.status, asked.json.to, asked.json.state]).toEqual([202, ANN, 'pending']);
      api.now += 1000;
    }
    const refused = await api.person(ANN).call('POST', '/mail-out/test');
    expect(refused.json).toMatchObject({ code: 'too_many_requests', status: 429 });
    expect(refused.headers.get('retry-after')).toBe('3595');
    expect((await api.person(BOB).call('POST', '/mail-out/test')).status).toBe(202);
    const rows = await api.db.selectFrom('owner_notices').select(['owner', 'kind']).execute();
    expect(rows.filter(({ owner }) => owner === ANN)).toHaveLength(5);
    expect((await api.person(ANN).get('/mail-out')).json.last_test).toMatchObject({
      to: ANN,
      state: 'pending',
    });
    api.now += 3_600_000;
    expect((await api.person(ANN).call('POST', '/mail-out/test')).status).toBe(202);
  });

  it('takes none from a program on the machine, which has no address', async () => {
    expect((await api.operator.call('POST', '/mail-out/test')).status).toBe(403);
  });
});
