import { byteBudget } from '@tinyfat/core';
import { deliveryDocument, indexDocument, mailDocument } from '@tinyfat/database';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAsk } from '../../api/ask.ts';
import { ANN, type ApiFixture, openApi } from '../../api/test-support/api.ts';
import { searchPage } from './search-page.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
  await api.addAgent('scout', ANN);
  await api.addMail('m-1', { subject: '' });
  const mail = await api.db.selectFrom('mails').selectAll().executeTakeFirstOrThrow();
  await indexDocument(api.db, mailDocument(mail, 'needle'));
  const run = { kind: 'run', id: 'm-1', agentId: 'scout', at: 5, sender: 'ann', people: '' } as const;
  await indexDocument(api.db, { ...run, subject: 'needle', text: '' });
  const recipients = JSON.stringify(['a@x.org', 'b@x.org', 'c@x.org', 'd@x.org']);
  await api.addDelivery('d-1', 'm-1', { subject: 'needle', recipients });
  const delivery = await api.db.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow();
  await indexDocument(api.db, deliveryDocument(delivery, ''));
});
afterEach(() => api.dispose());

async function page(q: string, cursor: string | null = null) {
  const ask = createAsk(api.deps)({
    viewer: { address: ANN, isAdmin: false },
    request: new Request('http://test.example/search'),
    from: { clientAddress: '192.0.2.1', local: false },
    reservation: byteBudget(1e9).open(),
  });
  return await searchPage(ask, { q, cursor, zone: 'UTC' });
}

it('leads to each thing on its own page, and says what it is and how it is', async () => {
  const { lines } = await page('needle ');
  expect(lines.map(({ what, href, state, to }) => [what, href, state, to])).toEqual([
    ['Answer', '/outbox/d-1', { kind: 'delivery', state: 'sent' }, 'a@x.org, b@x.org, c@x.org and 1 more'],
    ['Mail', '/mails/m-1', { kind: 'mail', state: 'replied' }, ''],
    ['Session', '/runs/m-1', { kind: 'run', state: 'running' }, ''],
  ]);
  expect(lines[1]?.subject).toEqual([{ text: '(no subject)', hit: false }]);
});

it('finds states by the words that people read, and leaves out marks that turn the direction of the line', async () => {
  const hrefs = async (q: string) => (await page(q)).lines.map(({ href }) => href);
  expect(await hrefs('state:answered ')).toEqual(['/mails/m-1']);
  expect(await hrefs('state:replied ')).toEqual(['/mails/m-1']);
  expect(await hrefs('state:running ')).toEqual(['/runs/m-1']);
  expect(await hrefs('state:"awaits approval" ')).toEqual([]);
  expect((await page('state:sideways ')).refusal?.detail).toContain('Nothing has that state.');
  const turned = { sender_name: 'Ann\u202e', subject: 'turned\u202e' };
  await api.addMail('m-2', turned);
  const row = await api.db.selectFrom('mails').selectAll().where('id', '=', 'm-2').executeTakeFirstOrThrow();
  await indexDocument(api.db, mailDocument(row, 'left\u202eright'));
  const { lines } = await page('turned ');
  expect(JSON.stringify(lines)).not.toContain('\u202e');
  expect(lines).toHaveLength(1);
});

it('asks nothing for an empty box, and says why a search is refused', async () => {
  expect(await page('  ')).toEqual({ asked: false, lines: [], next: null, refusal: null });
  expect((await page('before:soon')).refusal).toMatchObject({
    status: 400,
    detail: 'Write a day such as 2026-11-28 after "before:".',
  });
  expect((await page('agent:nobody')).refusal?.detail).toBe('You have no agent of that name.');
});
