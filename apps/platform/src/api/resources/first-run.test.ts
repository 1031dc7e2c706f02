import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalMail } from '../local-mail.ts';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

let api: ApiFixture;
let sent: Parameters<LocalMail['send']>[0][];
let refusal: string | null;
beforeEach(async () => {
  sent = [];
  refusal = null;
  api = await openApi({
    localMail: {
      async send(mail) {
        sent.push(mail);
        return refusal === null ? { ok: true, messageId: '<1@here>' } : { ok: false, reason: refusal };
      },
      sent: async (key) => (key === 'd-1' ? { file: 'new/1', text: 'x'.repeat(30_000) } : null),
    },
    mayCreateAgents: async ({ owner }) => owner === ANN,
    streams: { pollMs: 1, mostMs: 60_000, open: { acquire: () => () => {} } },
  });
  await api.addAgent('scout', ANN);
});
afterEach(() => api.dispose());

it('says what there is to begin with', async () => {
  const ann = api.person(ANN);
  expect((await ann.get('/first-run')).json).toEqual({
    may_create_agents: true,
    mail_domain: 'agents.example.org',
    public_domain: false,
    key: null,
    local_mail: true,
  });
  await ann.call('PUT', '/keys/anthropic', { body: { key: 'sk-ant-of-ann-1234567890' } });
  expect((await ann.get('/first-run')).json.key).toBe('owner');
  expect((await api.person(BOB).get('/first-run')).json).toMatchObject({
    may_create_agents: false,
    key: null,
  });
});

it('shows the mail domain to those who may make agents', async () => {
  const row = { purpose: 'SPF', type: 'TXT', name: 'x', expected: 'y', note: null } as const;
  const sender = { name: 'Resend', state: 'ok', said: 'Well.' } as const;
  const other = await openApi({
    mailDomainLook: async () => ({ rows: [{ ...row, found: [], state: 'missing' }], sender }),
    mayCreateAgents: async ({ owner }) => owner === ANN,
  });
  try {
    for (const who of [ANN, ADMIN])
      expect((await other.person(who).get('/mail-domain')).json).toMatchObject({
        domain: 'agents.example.org',
        rows: [{ purpose: 'SPF', state: 'missing' }],
        sender,
      });
    expect((await other.person(BOB).get('/mail-domain')).json.code).toBe('not_permitted');
    expect((await other.person(BOB).get('/first-run')).json.public_domain).toBe(true);
  } finally {
    await other.dispose();
  }
  expect((await api.person(ANN).get('/mail-domain')).json.code).toBe('conflict');
});

it.each([
  ['Clerk', { name: 'clerk', address: 'clerk@agents.example.org', free: true, reason: null }],
  ['scout', { name: 'scout', address: null, free: false, reason: 'There is an agent scout already.' }],
  ['postmaster', { free: false, reason: expect.stringContaining('reserved') }],
  ['a..b', { free: false, reason: expect.stringContaining('1 to 64') }],
  ['caf%C3%A9', { free: false, reason: expect.stringContaining('1 to 64') }],
])('says whether an agent may be called %s', async (name, answer) => {
  for (const who of [ANN, ADMIN])
    expect((await api.person(who).get(`/agent-names/${name}`)).json).toMatchObject(answer);
  expect((await api.person(BOB).get(`/agent-names/${name}`)).json.code).toBe('not_permitted');
});

describe('the first mail', () => {
  const first = async () => (await api.person(ANN).get('/agents/scout/first-mail')).json;

  it('is none, then one that was refused, then one that was let in with its answer, and stays that one', async () => {
    expect(await first()).toEqual({ mail: null, refused: null, run: null, answer: null });
    const refused = { verdict: 'refused', state: 'refused', reason: 'Not on the list.' } as const;
    await api.addMail('m-0', { ...refused, sender: BOB });
    expect(await first()).toMatchObject({
      mail: null,
      refused: { id: 'm-0', sender: BOB, reason: 'Not on the list.' },
    });
    await api.addMail('m-1', { state: 'queued' });
    expect(await first()).toMatchObject({ mail: { id: 'm-1' }, refused: null, run: 'm-1', answer: null });
    await api.addDelivery('d-0', 'm-1', { kind: 'mail', recipients: '["carol@example.com"]' });
    await api.addDelivery('d-1', 'm-1', { state: 'pending', sent_at: null });
    expect(await first()).toMatchObject({ answer: { id: 'd-1', state: 'pending', sent_at: null } });
    await api.addMail('m-2');
    expect(await first()).toMatchObject({ mail: { id: 'm-1' } });
  });

  it('streams each change, and ends when the answer has left', async () => {
    const token = await api.token(ANN, 'read');
    const answer = await api.raw(token, '/agents/scout/first-mail', {
      headers: { accept: 'text/event-stream' },
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    // Each state of mail and answer once, in order: the run of the mail comes with its row or in a frame after it.
    const seen: string[] = [];
    let text = '';
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      text += part.value;
      const states = [...text.matchAll(/^data: (\{.*\})\n\n/gm)].map(([, data = '']) => {
        const { mail, answer: of } = JSON.parse(data);
        return `${mail?.id ?? 'no mail'}, ${of?.state ?? 'no answer'}`;
      });
      const fresh = [...new Set(states)].slice(seen.length);
      seen.push(...fresh);
      if (fresh.includes('no mail, no answer')) await api.addMail('m-1');
      if (fresh.includes('m-1, no answer')) await api.addDelivery('d-1', 'm-1', { state: 'sent' });
    }
    expect(seen).toEqual(['no mail, no answer', 'm-1, no answer', 'm-1, sent']);
    expect(text).toMatch(/event: end\ndata: null\n\n$/);
  });
});

describe('a test mail', () => {
  const body = { subject: 'Hello', text: 'Who are you?' };
  const send = (what: object = body) =>
    api.person(ANN).call('POST', '/agents/scout/test-mails', { body: what });

  it('goes to the agent from the one who asks', async () => {
    expect((await send()).json).toEqual({ message_id: '<1@here>' });
    expect(sent).toEqual([{ from: ANN, to: 'scout@agents.example.org', ...body }]);
  });

  it('has no line break in its subject, and no sender of its own', async () => {
    for (const wrong of [
      { ...body, subject: 'a\r\nBcc: x@y.z' },
      { ...body, from: BOB },
      { ...body, text: '' },
    ])
      expect((await send(wrong)).json.code).toBe('invalid_request');
    expect(sent).toEqual([]);
  });

  it('is refused as the listener says, and where mail leaves for real', async () => {
    refusal = '550 5.7.1 You are not allowed to write to this address';
    expect((await send()).json).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('550 5.7.1'),
    });
    const other = await openApi();
    try {
      await other.addAgent('scout', ANN);
      const answer = await other.person(ANN).call('POST', '/agents/scout/test-mails', { body });
      expect(answer.json.code).toBe('conflict');
    } finally {
      await other.dispose();
    }
  });
});

it('a sent mail is shown out of the mailbox to the one whom it went to alone', async () => {
  await api.addMail('m-1');
  await api.addDelivery('d-1', 'm-1', { provider: 'maildir' });
  await api.addDelivery('d-2', 'm-1', { provider: 'maildir' });
  await api.addDelivery('d-3', 'm-1', { provider: 'maildir', recipients: `["${BOB}"]` });
  await api.addDelivery('d-4', 'm-1', { provider: 'smtp' });
  const ann = api.person(ANN);
  const shown = (await ann.get('/outbox/d-1/mailbox')).json;
  expect(shown).toMatchObject({ file: 'new/1', subject: 'Re: Hello' });
  expect(shown.text).toHaveLength(20_000);
  expect((await ann.get('/outbox/d-2/mailbox')).json.code).toBe('conflict');
  expect((await ann.get('/outbox/d-3/mailbox')).status).toBe(404);
  expect((await ann.get('/outbox/d-4/mailbox')).json.code).toBe('conflict');
  expect((await api.person(ADMIN).get('/outbox/d-1/mailbox')).status).toBe(404);
});
