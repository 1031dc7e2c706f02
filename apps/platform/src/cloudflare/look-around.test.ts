import { afterEach, beforeEach, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../api/test-support/api.ts';
import { lookAround } from './look-around.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
  await api.addAgent('scout', ANN);
  await api.addMail('m-1');
});
afterEach(() => api.dispose());

const states = async (now: number) =>
  Object.fromEntries((await lookAround(api.db, now)).map(({ check, state }) => [check, state]));

it('finds nothing where nothing waits', async () => {
  await api.db.updateTable('jobs').set({ state: 'done' }).execute();
  expect(await states(api.now)).toEqual({ turns: 'ok', deliveries: 'ok' });
});

it('finds a mail that no invocation takes', async () => {
  await api.db.updateTable('jobs').set({ state: 'ready', run_at: api.now }).execute();
  expect(await states(api.now + 14 * 60_000)).toMatchObject({ turns: 'ok' });
  const [turns] = await lookAround(api.db, api.now + 16 * 60_000);
  expect(turns).toMatchObject({ state: 'broken', found: expect.stringContaining('for 16 minutes') });
});

it('finds deliveries that the provider does not take, and tells its trouble from that of one mail', async () => {
  await api.db.updateTable('jobs').set({ state: 'done' }).execute();
  const failing = { state: 'pending', attempts: 2, provider: 'resend', reason: 'no such key' } as const;
  await api.addDelivery('d-1', 'm-1', { ...failing, reason_code: 'provider_refused' });
  const [, all] = await lookAround(api.db, api.now);
  expect(all).toMatchObject({
    state: 'broken',
    found: '1 mail waits for another try by resend; the last reason: no such key',
  });
  await api.addDelivery('d-2', 'm-1', { ...failing, reason_code: 'recipient_refused' });
  expect(await states(api.now)).toMatchObject({ deliveries: 'note' });
});
