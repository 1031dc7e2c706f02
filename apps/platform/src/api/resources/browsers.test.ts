/** Browsers that are signed in: who sees them, and who ends them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, addBrowser, BOB, openApi } from '../test-support/api.ts';

const HOUR = 3_600_000;

describe('browsers', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await addBrowser(api, 'phone', ANN, { userAgent: 'Phone', seenAt: api.now - 48 * HOUR });
    await addBrowser(api, 'laptop', ANN, { userAgent: 'Laptop', seenAt: api.now - HOUR });
    await addBrowser(api, 'tablet', ANN);
    await addBrowser(api, 'of-bob', BOB);
  });
  afterEach(() => api.dispose());

  const ids = async (of = ANN) =>
    (await api.person(of).get('/browsers')).json.data.map((one: { id: string }) => one.id);

  it('are shown to their person, the one that was seen last first, with the one that asks', async () => {
    const { json } = await api.person(ANN, 'laptop').get('/browsers');
    expect(json.data.map((one: { id: string; current: boolean }) => [one.id, one.current])).toEqual([
      ['tablet', false],
      ['laptop', true],
      ['phone', false],
    ]);
    expect(json.data[2]).toMatchObject({ user_agent: 'Phone', signed_in_at: expect.any(String) });
    expect(await ids(BOB)).toEqual(['of-bob']);
  });

  it('are not shown once their time is over', async () => {
    api.now += 31 * 24 * HOUR;
    expect(await ids()).toEqual([]);
  });

  it('are signed out one at a time, and only by their person', async () => {
    expect((await api.person(BOB).call('DELETE', '/browsers/phone')).status).toBe(404);
    expect((await api.person(ANN).call('DELETE', '/browsers/phone')).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', '/browsers/phone')).status).toBe(404);
    expect(await ids()).toEqual(['tablet', 'laptop']);
  });

  it('are all signed out but the one that asks', async () => {
    const answer = await api.person(ANN, 'laptop').call('POST', '/browsers/sign-out-others');
    expect(answer.json).toEqual({ signed_out: 2 });
    expect(await ids()).toEqual(['laptop']);
    expect(await ids(BOB)).toEqual(['of-bob']);
  });

  it('are not signed out by who is none, and the operator has none', async () => {
    const token = await api.token(ANN, 'tokens');
    expect((await api.bearer(token).call('POST', '/browsers/sign-out-others')).status).toBe(403);
    expect((await api.operator.get('/browsers')).status).toBe(403);
    expect(await ids()).toHaveLength(3);
  });

  it('never show the token of a session', async () => {
    expect((await api.person(ANN).get('/browsers')).text).not.toMatch(/token phone/);
  });
});
