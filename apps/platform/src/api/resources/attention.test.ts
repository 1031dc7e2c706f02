import { endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
  await api.addAgent('scout', ANN);
  await api.addAgent('bobs', BOB);
});
afterEach(() => api.dispose());

const fail = (id: string) =>
  endRun(api.db, id, { status: 'failed', finished_at: api.now, error_code: 'turn_timeout' });

describe('what waits', () => {
  beforeEach(async () => {
    await api.addMail('m-1');
    await api.addQuarantinedMail('m-2', { subject: 'Is this you?', reason: 'Doubtful.' });
    await api.addDelivery('d-1', 'm-1', {
      state: 'awaiting_approval',
      reason_code: 'recipients_not_allowed',
    });
    await api.addDelivery('d-2', 'm-1', { state: 'bounced' });
    await fail('m-1');
  });

  it('is given by kind, with its newest rows and why they wait', async () => {
    const { json } = await api.person(ANN).get('/attention');
    expect(json).toMatchObject({
      total: 5,
      counted_up_to: 100,
      counts: { answers: 1, mails: 1, deliveries: 1, runs: 1, budgets: 0 },
      answers: [{ id: 'd-1', agent: 'scout', recipients: ['ann@example.com'], state: 'awaiting_approval' }],
      mails: [{ id: 'm-2', subject: 'Is this you?', sender: ANN, reason: 'Doubtful.' }],
      deliveries: [{ id: 'd-2', state: 'bounced' }],
      runs: [{ id: 'm-1', subject: 'Hello', reason_code: 'turn_timeout', reason: expect.any(String) }],
      demo_model: true,
    });
    expect((await api.person(ANN).get('/attention/count')).json).toEqual({ total: 5, counted_up_to: 100 });
    expect((await api.person(BOB).get('/attention/count')).json.total).toBe(1);
    expect((await api.person(ADMIN).get('/attention/count')).json.total).toBe(4);
    expect((await api.operator.get('/attention/count')).json.total).toBe(4);
  });

  it('ends for a failure that is acknowledged, however often', async () => {
    const ann = api.person(ANN);
    for (const path of ['/runs/m-1', '/outbox/d-2', '/runs/m-1'])
      expect((await ann.call('POST', `${path}/acknowledge`)).status).toBe(204);
    expect((await ann.get('/attention')).json).toMatchObject({ runs: [], deliveries: [], total: 3 });
    expect((await ann.call('POST', '/outbox/d-1/acknowledge')).json).toMatchObject({ code: 'conflict' });
    await ann.call('POST', '/outbox/d-2/retry');
    await api.db.updateTable('deliveries').set({ state: 'failed' }).where('id', '=', 'd-2').execute();
    expect((await ann.get('/attention')).json.deliveries).toMatchObject([{ id: 'd-2', state: 'failed' }]);
  });

  it('ends for all failures of a kind up to a time', async () => {
    const ann = api.person(ANN);
    const until = new Date(api.now).toISOString();
    const all = (kind: string) => ann.call('POST', '/attention/acknowledge', { body: { kind, until } });
    expect((await all('runs')).json).toEqual({ acknowledged: 1 });
    expect((await all('runs')).json).toEqual({ acknowledged: 0 });
    expect((await all('deliveries')).json).toEqual({ acknowledged: 1 });
    expect((await all('mails')).json.code).toBe('invalid_request');
  });
});

it('a budget waits from four fifths on', async () => {
  const ann = api.person(ANN);
  await api.addMail('m-1');
  await ann.call('PUT', '/agents/scout/budget', { body: { monthly_usd: 10 } });
  const spend = (cost_usd: number) => endRun(api.db, 'm-1', { status: 'done', finished_at: 1, cost_usd });
  await spend(7.9);
  expect((await ann.get('/attention')).json.budgets).toEqual([]);
  await spend(8);
  expect((await ann.get('/attention')).json).toMatchObject({
    budgets: [{ scope: 'agent', subject: 'scout', state: 'low', spent_usd: 8 }],
    counts: { budgets: 1 },
    total: 2,
  });
  expect((await api.person(BOB).get('/attention')).json.budgets).toEqual([]);
});

it('the budget that the server sets waits too, and that of an owner alone counts in its place', async () => {
  await api.dispose();
  api = await openApi({ ownerBudgetMicroUsd: 5_000_000, operatorPays: true });
  await api.addAgent('scout', ANN);
  await api.addMail('m-1');
  await endRun(api.db, 'm-1', { status: 'done', finished_at: 1, cost_usd: 6 });
  const ann = api.person(ANN);
  expect((await ann.get('/attention')).json).toMatchObject({
    budgets: [{ scope: 'owner', subject: ANN, state: 'exhausted', from: 'default' }],
    demo_model: false,
    total: 1,
  });
  await api.operator.call('PUT', `/budget?owner=${encodeURIComponent(ANN)}`, { body: { monthly_usd: 100 } });
  expect((await ann.get('/attention')).json.budgets).toEqual([]);
});

it('the demo model needs somebody until there is a key of the owner', async () => {
  const ann = api.person(ANN);
  expect((await ann.get('/attention')).json.demo_model).toBe(true);
  await ann.call('PUT', '/keys/anthropic', { body: { key: 'sk-ant-of-ann-1234567890' } });
  expect((await ann.get('/attention')).json).toMatchObject({ demo_model: false, total: 0 });
  expect((await api.person('carol@example.com').get('/attention')).json.demo_model).toBe(false);
});

it('gives what happened within a time', async () => {
  await api.addMail('m-1');
  await api.addMail('m-2', { state: 'refused', verdict: 'refused' });
  const day = 'from=2026-11-27T00:00:00Z&until=2026-11-28T00:00:00Z';
  expect((await api.person(ANN).get(`/activity?${day}`)).json).toEqual({
    received: 2,
    answered: 1,
    refused: 1,
    counted_up_to: 10_000,
    cost_usd: 0,
  });
  for (const wrong of ['from=2026-11-28T00:00:00Z&until=2026-11-27T00:00:00Z', 'from=x&until=y', ''])
    expect((await api.person(ANN).get(`/activity?${wrong}`)).json.code).toBe('invalid_request');
});

it('gives agents at a glance', async () => {
  await api.addQuarantinedMail('m-2');
  expect((await api.person(ANN).get('/glance')).json).toMatchObject({
    data: [{ name: 'scout', address: 'scout@agents.example.org', mails_waiting: 1, answers_waiting: 0 }],
    total: 1,
  });
});
