import { UNCOUNTED } from '@tinyfat/core';
import { endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../api/ask.ts';
import { ANN, type ApiFixture, BOB, openApi } from '../../api/test-support/api.ts';
import { attentionCount } from './count.ts';
import { readHome } from './home.ts';
import { DONE, settle } from './settle.ts';
import { daysAt } from './today.ts';

let api: ApiFixture;
let ask: Ask;
beforeEach(async () => {
  api = await openApi({ operatorPays: true });
  ask = askAs(ANN);
  await api.addAgent('scout', ANN);
});
afterEach(() => api.dispose());

function askAs(address: string): Ask {
  return createAsk(api.deps)({
    viewer: { address, isAdmin: false },
    request: new Request('http://localhost:8025/'),
    from: { clientAddress: '192.0.2.7', local: false },
    reservation: UNCOUNTED,
  });
}
const home = (as = ask) => readHome(as, api.now, 'UTC');
const form = (does: string, id: string) => new URLSearchParams({ does, id });

it('says that nothing waits', async () => {
  expect((await home()).groups).toEqual([]);
  expect(await attentionCount(ask)).toBe(null);
});

describe('what waits', () => {
  beforeEach(async () => {
    await api.addMail('m-1', { subject: ' ' });
    await api.addQuarantinedMail('m-2', { subject: 'Is this you?' });
    await api.addDelivery('d-1', 'm-1', { state: 'awaiting_approval' });
    await api.addDelivery('d-2', 'm-1', { state: 'failed', recipients: '["a@x.org","b@x.org","c@x.org"]' });
    await api.addDelivery('d-3', 'm-1', { state: 'uncertain' });
    await api.addDelivery('d-4', 'm-1', { state: 'bounced' });
    await endRun(api.db, 'm-1', { status: 'failed', finished_at: api.now, error_code: 'turn_timeout' });
  });

  it('is in groups by urgency, each row with what settles it', async () => {
    const { groups } = await home();
    const shown = (groups ?? []).map(({ heading, count, rows }) => [
      `${heading} ${count}`,
      rows.map(({ title, href, who, settles, decide }) =>
        [title, href, who, ...settles.map(({ label }) => label), decide].join(' | '),
      ),
    ]);
    expect(shown).toEqual([
      ['Answers to approve 1', ['Re: Hello | /approvals/d-1 | to ann@example.com | Read and decide']],
      ['Held mail 1', ['Is this you? | /mails/m-2 | from ann@example.com | Let it in | Discard | ']],
      [
        'Mail that did not arrive 3',
        [
          'Re: Hello | /outbox/d-4 | to ann@example.com | Dismiss | ',
          'Re: Hello | /outbox/d-3 | to ann@example.com | Dismiss | Look and decide',
          'Re: Hello | /outbox/d-2 | to a@x.org and 2 more | Send again | Dismiss | ',
        ],
      ],
      ['Runs that failed 1', ['(no subject) | /runs/m-1 | for ann@example.com | Dismiss | ']],
    ]);
    expect(await attentionCount(ask)).toBe('6');
  });

  it('is gone once its button was pressed', async () => {
    const pressed = [
      ['release', 'm-2'],
      ['retry', 'd-2'],
      ['dismiss-delivery', 'd-3'],
      ['dismiss-deliveries', new Date(api.now).toISOString()],
      ['dismiss-run', 'm-1'],
    ] as const;
    for (const [does, id] of pressed) {
      expect(await settle(ask, form(does, id))).toEqual({ ok: true, done: does });
      expect(DONE).toHaveProperty(does);
    }
    expect((await home()).groups?.map(({ heading }) => heading)).toEqual(['Answers to approve']);
  });

  it('is not settled by somebody else, twice, or by a form of something else', async () => {
    const bob = askAs(BOB);
    await api.addAgent('bobs', BOB);
    expect(await settle(bob, form('discard', 'm-2'))).toMatchObject({ ok: false, status: 404 });
    await settle(bob, form('dismiss-runs', '2999-01-01T00:00:00Z'));
    expect((await home()).groups).toHaveLength(4);
    await settle(ask, form('discard', 'm-2'));
    expect(await settle(ask, form('discard', 'm-2'))).toMatchObject({ ok: false, code: 'conflict' });
    for (const [does, id] of [
      ['approve', 'd-1'],
      ['toString', 'd-1'],
      ['', ''],
      ['release', '../keys'],
      ['dismiss-runs', 'never'],
    ] as const)
      expect(await settle(ask, form(does, id))).toMatchObject({ ok: false, code: 'invalid_request' });
  });
});

it('a budget and the demo model wait too, and lead to where they are settled', async () => {
  await api.dispose();
  api = await openApi({ operatorPays: false });
  ask = askAs(ANN);
  await api.addAgent('scout', ANN);
  await api.addMail('m-1');
  await api.person(ANN).call('PUT', '/agents/scout/budget', { body: { monthly_usd: 1 } });
  await endRun(api.db, 'm-1', { status: 'done', finished_at: 1, cost_usd: 1 });
  const { groups } = await home();
  expect(groups?.map(({ rows }) => rows.map(({ href, why }) => [href, why]))).toMatchObject([
    [['/agents/scout/settings', expect.stringContaining('$1.00 of $1.00 are spent')]],
    [['/settings/keys', expect.stringContaining('No key of a model provider')]],
  ]);
});

it('has the day of the viewer against the day before', async () => {
  await api.addMail('m-1', { received_at: Date.parse('2026-11-27T09:00:00Z') });
  await api.addMail('m-2', { received_at: Date.parse('2026-11-26T23:30:00Z') });
  const received = async (zone: string) => {
    const { figures } = await readHome(ask, Date.parse('2026-11-27T12:00:00Z'), zone);
    return figures[0];
  };
  expect(await received('UTC')).toEqual({ label: 'Received', today: '1', yesterday: '1' });
  expect(await received('Europe/Berlin')).toEqual({ label: 'Received', today: '2', yesterday: '0' });
});

it('a day before one that the clock made shorter is whole', () => {
  const { today, yesterday } = daysAt(Date.parse('2026-03-29T12:00:00Z'), 'Europe/Berlin');
  expect(yesterday).toEqual({ from: '2026-03-27T23:00:00.000Z', until: today.from });
});
