import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { changeDelivery, type Delivery, readDelivery, readOutbox, reasonOf, wayOf } from './outbox.ts';

const DELIVERY: Delivery = {
  id: 'd-1',
  agent: 'scout',
  mail: 'm-1',
  run: 'r-1',
  kind: 'reply',
  file: 'x.json',
  envelope_sender: 'scout@example.org',
  recipients: ['ann@example.com'],
  subject: 'Re: Hello',
  message_id: '<d-1@example.org>',
  state: 'sent',
  attempts: 1,
  next_attempt_at: null,
  reason_code: null,
  reason: null,
  provider: 'smtp',
  provider_id: null,
  created_at: '2026-11-28T10:00:00.000Z',
  sent_at: '2026-11-28T10:00:01.000Z',
  delivered_at: null,
  marked_sent_by: null,
  marked_sent_at: null,
};
const steps = (change: Partial<Delivery>) =>
  wayOf({ ...DELIVERY, ...change }).map(({ what, tone }) => `${tone}: ${what}`);

describe('the way of a mail', () => {
  it.each<[Partial<Delivery>, string[]]>([
    [{}, ['good: Handed over to smtp']],
    [
      { delivered_at: '2026-11-28T10:00:02.000Z' },
      ['good: Handed over to smtp', 'good: Arrived at the receiving server'],
    ],
    [{ state: 'pending', sent_at: null, attempts: 0 }, ['wait: Waits to be sent']],
    [
      { state: 'pending', sent_at: null, attempts: 2 },
      ['wait: Tried 2 times without success; the next try comes by itself'],
    ],
    [{ state: 'failed', sent_at: null, attempts: 1 }, ['bad: Tried once, then given up']],
    [{ state: 'failed', sent_at: null, attempts: 0 }, ['bad: Not sent']],
    [
      { state: 'uncertain', sent_at: null },
      ['bad: Handed over without a clear answer: it may have left or not'],
    ],
    [
      { marked_sent_by: 'ann@example.com', marked_sent_at: '2026-11-28T11:00:00.000Z' },
      ['quiet: Handed over to smtp, which gave no clear answer', 'good: Marked as sent by ann@example.com'],
    ],
    [{ state: 'bounced' }, ['good: Handed over to smtp', 'bad: Came back']],
  ])('of %o is told step by step', (change, expected) => {
    expect(steps(change)).toEqual(['quiet: Written by the agent', ...expected]);
  });
});

it('gives reasons without the commands of a terminal', () => {
  const of = (
    reason_code: 'delivery_rejected' | 'delivery_uncertain' | 'delivery_bounced' | 'file_missing',
    reason: string,
  ) => reasonOf({ reason_code, reason });
  expect(
    of(
      'delivery_rejected',
      '550 no. It was refused. Mend what its answer names, then run: tinyfat outbox retry ID',
    ),
  ).toEqual({
    what: '550 no. It was refused.',
    nextStep: 'Mend what its answer names, then send it again.',
  });
  const bounced =
    'It came back. Check the address; to send the mail to everybody on it again, run: tinyfat outbox retry ID';
  expect(of('delivery_bounced', bounced).nextStep).toBe(
    'Check the address. Sent again, it goes to everybody on it.',
  );
  expect(of('file_missing', 'No x. Write the file below /data first, then the mail.').nextStep).toBe(
    'Write the file below /data first, then the mail.',
  );
  const uncertain =
    'It hung up. Ask the recipient whether it arrived; only if not, run: tinyfat outbox retry ID';
  expect(of('delivery_uncertain', uncertain)).toEqual({ what: 'It hung up.', nextStep: null });
  expect(reasonOf({ reason_code: null, reason: 'Refused for x' })).toEqual({
    what: 'Refused for x',
    nextStep: null,
  });
});

describe('pages of the outbox', () => {
  let asked: unknown[];
  let ask: Ask;
  const none = {
    pending: 0,
    sending: 0,
    sent: 0,
    awaiting_approval: 0,
    failed: 0,
    uncertain: 0,
    bounced: 0,
    rejected: 0,
  };
  const answers = new Map<string, Outcome<unknown>>();
  beforeEach(() => {
    asked = [];
    ask = (async (route: { path: string }, given: unknown) => {
      asked.push([route.path, given]);
      return answers.get(route.path);
    }) as Ask;
    answers.set('/outbox', { ok: true, body: { data: [DELIVERY], next_cursor: 'more' } });
    answers.set('/outbox-counts', { ok: true, body: { ...none, failed: 3, bounced: 2, sent: 100 } });
  });
  afterEach(() => answers.clear());
  const read = (state: string | null) =>
    readOutbox(ask, { agent: 'scout', state, cursor: undefined }, '/agents/scout/outbox');

  it('have a tab for each group of states, with how many there are', async () => {
    const page = await read('failed');
    expect(page.ok && page.tabs.map(({ label, count, current }) => [label, count, current])).toEqual([
      ['All', undefined, false],
      ['Waiting', undefined, false],
      ['Held', undefined, false],
      ['Uncertain', undefined, false],
      ['Failed', '5', true],
      ['Sent', '100+', false],
      ['Rejected', undefined, false],
    ]);
    expect(asked[0]).toEqual([
      '/outbox',
      { query: { agent: 'scout', states: 'failed,bounced', limit: '50', cursor: undefined } },
    ]);
  });

  it('show all of a state that there is not', async () => {
    const page = await read('"><script>');
    expect(page.ok && page.tabs.find(({ current }) => current)?.label).toBe('All');
  });

  it('refuse what no button of theirs does', async () => {
    const changed = await changeDelivery(ask, new URLSearchParams({ does: 'toString', id: 'd-1' }));
    expect(changed).toMatchObject({ ok: false, code: 'invalid_request' });
    expect(asked).toEqual([]);
  });

  it('take a form that is sent twice for one', async () => {
    const refused = { ok: false, code: 'conflict', status: 409, detail: 'It waits to be sent.' } as const;
    answers.set('/outbox/{id}/retry', refused);
    answers.set('/outbox/{id}/mark-sent', refused);
    const sent = async (does: string, now: Partial<Delivery>) => {
      answers.set('/outbox/{id}', { ok: true, body: { ...DELIVERY, ...now } });
      return await changeDelivery(ask, new URLSearchParams({ does, id: 'd-1' }));
    };
    expect(await sent('retry', { state: 'pending' })).toEqual({ ok: true, done: 'retry' });
    expect(await sent('retry', { state: 'awaiting_approval' })).toBe(refused);
    const marked = { marked_sent_by: 'ann@example.com', marked_sent_at: '2026-11-28T11:00:00.000Z' };
    expect(await sent('mark-sent', marked)).toEqual({ ok: true, done: 'mark-sent' });
    expect(await sent('mark-sent', { state: 'failed' })).toBe(refused);
  });

  it('show the record of a mail whose bytes are gone', async () => {
    answers.set('/outbox/{id}', { ok: true, body: DELIVERY });
    answers.set('/outbox/{id}/view', { ok: false, code: 'conflict', status: 409, detail: 'It was removed.' });
    const search = new URLSearchParams({ view: 'text' });
    const shown = { view: 'refused', refusal: { detail: 'It was removed.' } };
    expect(await readDelivery(ask, 'd-1', search)).toMatchObject({ ok: true, delivery: DELIVERY, shown });
  });
});
