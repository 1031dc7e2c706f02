import { UNCOUNTED } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../api/ask.ts';
import { ANN, type ApiFixture, BOB, openApi } from '../../api/test-support/api.ts';
import { answerSaid, mailSaid, stepsOf } from './progress.ts';
import { type FirstMail, readStart } from './read-start.ts';
import { submitStart } from './submit.ts';

let api: ApiFixture;
const askAs = (address: string): Ask =>
  createAsk(api.deps)({
    viewer: { address, isAdmin: false },
    request: new Request('http://localhost:8025/start'),
    from: { clientAddress: '192.0.2.7', local: false },
    reservation: UNCOUNTED,
  });
async function read(name: string | null = null, address = ANN) {
  const start = await readStart(askAs(address), address, name);
  if (!start.ok) throw new Error(start.code);
  return start;
}
const submit = (agent: string | null, fields: Record<string, string>) =>
  submitStart(askAs(ANN), agent, new URLSearchParams(fields));

beforeEach(async () => {
  api = await openApi({
    mayCreateAgents: async () => true,
    localMail: {
      send: async () => ({ ok: true, messageId: '<1@here>' }),
      sent: async () => ({ file: 'new/1', text: 'I am scout.' }),
    },
  });
});
afterEach(() => api.dispose());

it('leads from no agent to the first answered mail', async () => {
  expect(await read()).toMatchObject({ agent: null, first: null, begin: { key: null } });
  expect(stepsOf(await read())).toMatchObject({ agent: 'now', mail: 'later' });

  expect(await submit(null, { does: 'make', name: ' Scout ' })).toEqual({
    ok: true,
    agent: 'scout',
    done: 'made',
  });
  const id = (await read()).agent?.id ?? '';
  expect(stepsOf(await read())).toEqual({
    agent: 'done',
    senders: 'done',
    key: 'open',
    mail: 'now',
    answer: 'later',
  });

  expect(await submit('scout', { does: 'allow', entry: BOB })).toMatchObject({ ok: true, done: 'allowed' });
  expect(await submit('scout', { does: 'allow', entry: BOB })).toMatchObject({ ok: true, done: 'known' });
  expect((await read()).agent?.allowed_senders).toEqual([ANN, BOB]);
  expect(await submit('scout', { does: 'key', key: 'sk-ant-of-ann-1234567890' })).toMatchObject({
    done: 'key',
  });
  expect(stepsOf(await read())).toMatchObject({ key: 'done' });
  expect(await submit('scout', { does: 'send', subject: 'Hi', text: 'Who?' })).toMatchObject({
    done: 'sent',
  });

  await api.addMail('m-1', { agent_id: id, state: 'queued' });
  expect(stepsOf(await read())).toMatchObject({ mail: 'done', answer: 'now' });
  await api.addDelivery('d-1', 'm-1', { provider: 'maildir' });
  expect(stepsOf(await read())).toMatchObject({ answer: 'done' });
  expect((await read()).text).toEqual({ file: 'new/1', subject: 'Re: Hello', text: 'I am scout.' });
});

it('is about the newest agent of the viewer, or the one that the address names, and never another owner’s', async () => {
  await api.addAgent('scout', ANN);
  await api.addAgent('clerk', ANN);
  await api.addAgent('bobs', BOB);
  expect((await read()).agent?.name).toBe('clerk');
  expect((await read('scout')).agent?.name).toBe('scout');
  expect(await readStart(askAs(ANN), ANN, 'bobs')).toMatchObject({ ok: false, status: 404 });
  expect(await submit('bobs', { does: 'allow', entry: ANN })).toMatchObject({ ok: false, status: 404 });
});

it('refuses what can not be done, and needs an agent for all but the first step', async () => {
  await api.addAgent('scout', BOB);
  expect(await submit(null, { does: 'make', name: 'scout' })).toMatchObject({
    ok: false,
    code: 'agent_name_taken',
  });
  expect(await submit(null, { does: 'make', name: 'a..b' })).toMatchObject({
    ok: false,
    code: 'invalid_request',
  });
  expect(await submit(null, { does: 'key', key: 'x' })).toMatchObject({ ok: false, code: 'invalid_request' });
  expect(await submit('scout', { does: 'else' })).toMatchObject({ ok: false, code: 'invalid_request' });
});

describe('what is said', () => {
  const mail = {
    id: 'm-1',
    sender: ANN,
    subject: ' ',
    received_at: '',
    state: 'queued',
    reason: '',
  } as const;
  const answer = { id: 'd-1', kind: 'reply', state: 'sent', sent_at: null, reason: null } as const;
  const first = (change: Partial<FirstMail>): FirstMail => ({
    mail: null,
    refused: null,
    run: null,
    answer: null,
    ...change,
  });

  it.each<[FirstMail | null, string, string | null]>([
    [null, 'wait Whether', null],
    [first({}), 'wait No mail has come yet', null],
    [first({ mail }), `good “(no subject)” came from ${ANN}`, '/mails/m-1'],
    [
      first({ refused: { ...mail, sender: null, reason: 'Not listed.' } }),
      'bad A mail from somebody unknown',
      '/mails/m-1',
    ],
  ])('of the mail: %#', (state, said, href) => {
    const { tone, text, href: where } = mailSaid(state);
    expect(`${tone} ${text}`).toContain(said);
    expect(where).toBe(href);
  });

  it.each<[FirstMail | null, string | null, string | null]>([
    [null, null, null],
    [first({}), null, null],
    [first({ mail, run: 'r-1' }), 'wait The agent is at work', '/runs/r-1'],
    [
      first({ mail: { ...mail, state: 'over_limit', reason: 'Too many.' } }),
      'wait The mail is over the limit. Too many.',
      '/mails/m-1',
    ],
    [first({ mail: { ...mail, state: 'failed', reason: '' } }), 'bad The mail is failed.', '/mails/m-1'],
    [first({ mail, answer }), 'good The answer has left', '/mails/m-1'],
    [first({ mail, answer: { ...answer, kind: 'error' } }), 'bad The turn failed', '/mails/m-1'],
    [
      first({ mail, answer: { ...answer, state: 'awaiting_approval' } }),
      'wait The answer waits for your approval',
      '/approvals/d-1',
    ],
    [first({ mail, answer: { ...answer, state: 'pending' } }), 'wait The answer is written', '/outbox/d-1'],
    [
      first({ mail, answer: { ...answer, state: 'bounced', reason: 'No such user.' } }),
      'bad The answer is bounced. No such user.',
      '/outbox/d-1',
    ],
  ])('of the answer: %#', (state, said, href) => {
    const found = answerSaid(state);
    if (said === null) return expect(found).toBe(null);
    expect(`${found?.tone} ${found?.text}`).toContain(said);
    expect(found?.href).toBe(href);
  });
});
