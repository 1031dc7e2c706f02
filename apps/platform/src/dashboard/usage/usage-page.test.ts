import { byteBudget } from '@tinyfat/core';
import { endRun } from '@tinyfat/database';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../api/ask.ts';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../../api/test-support/api.ts';
import { csvQuery, moreText, usagePage } from './usage-page.ts';
import { readUsageView } from './usage-view.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi({ ownerBudgetMicroUsd: 20_000_000 });
  await api.addAgent('scout', ANN);
  await api.addAgent('bobs', BOB);
  for (const [id, agent_id, cost_usd, model] of [
    ['r-1', 'scout', 0.25, 'haiku'],
    ['r-2', 'scout', 0.75, null],
    ['r-3', 'bobs', 4, 'opus'],
  ] as const) {
    await api.addMail(id, { agent_id, sender_base: id === 'r-2' ? null : ANN });
    const used = { cost_usd, model, input_tokens: 10, cache_read_tokens: 5 };
    await endRun(api.db, id, { status: 'done', finished_at: api.now, ...used });
  }
});
afterEach(() => api.dispose());

const askAs = (address: string): Ask =>
  createAsk(api.deps)({
    viewer: { address, isAdmin: address === ADMIN },
    request: new Request('http://test.example/usage'),
    from: { clientAddress: '192.0.2.1', local: false },
    reservation: byteBudget(1e9).open(),
  });

async function page(query: string, address = ANN, zone = 'Europe/Berlin') {
  const view = readUsageView(new URLSearchParams(query));
  const answer = await usagePage(askAs(address), view, { now: api.now, zone });
  if (!answer.ok) throw new Error(answer.code);
  return answer.body;
}

it('has a bar for every day, also for those without a turn', async () => {
  const { slots, lines, total, month } = await page('');
  expect(slots.map(({ label, usd, turns }) => [label, usd, turns])).toEqual([
    ['Sat 21 Nov', 0, 0],
    ['Sun 22 Nov', 0, 0],
    ['Mon 23 Nov', 0, 0],
    ['Tue 24 Nov', 0, 0],
    ['Wed 25 Nov', 0, 0],
    ['Thu 26 Nov', 0, 0],
    ['Fri 27 Nov', 1, 2],
  ]);
  expect(lines).toBeNull();
  expect(total).toEqual({ turns: 2, tokens: 30, usd: 1 });
  expect(month).toMatchObject({ spent: 1, cap: 20, projected: null, length: 30 });
  expect(month.days).toEqual([{ day: '2026-11-27', usd: 1 }]);
});

it('has lines with their shares, and says in words what has no name', async () => {
  const of = async (query: string) => (await page(query)).lines?.map(({ label, share }) => [label, share]);
  expect(await of('by=model')).toEqual([
    ['no model reached', 0.75],
    ['haiku', 0.25],
  ]);
  expect(await of('by=sender&show=tokens')).toEqual([
    ['no sender', 0.5],
    [ANN, 0.5],
  ]);
  expect(await of('by=agent')).toEqual([['scout', 1]]);
});

it('is of everybody for an admin, of one owner where they name one, and else of nobody else', async () => {
  expect((await page('', ADMIN)).total.usd).toBe(5);
  expect((await page('', ADMIN)).month.cap).toBeNull();
  expect((await page(`owner=${BOB}`, ADMIN)).month).toMatchObject({ spent: 4, cap: 20 });
  await expect(page('agent=bobs')).rejects.toThrow('not_found');
  await expect(page(`owner=${BOB}`)).rejects.toThrow('not_permitted');
});

it('asks for its CSV by the same time and lines', () => {
  expect(csvQuery(readUsageView(new URLSearchParams('days=1&agent=scout')), api.now, 'UTC')).toEqual({
    from: '2026-11-26T13:00:00.000Z',
    to: '2026-11-27T13:00:00.000Z',
    by: 'hour',
    zone: 'UTC',
    agent: 'scout',
  });
});

it('does not say how many more there are where the CSV itself ends', () => {
  expect([1, 2, 969, 970].map(moreText)).toEqual([
    '1 more is in the CSV.',
    '2 more are in the CSV.',
    '969 more are in the CSV.',
    'The CSV has the 1,000 that cost most.',
  ]);
});
