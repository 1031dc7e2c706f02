/** What the pages of approvals say, and what their forms do. */
import { suppress } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../api/ask.ts';
import { ANN, type ApiFixture, openApi } from '../../api/test-support/api.ts';
import { addHeld, EVE, rowOf } from '../../api/test-support/held.ts';
import { approvalPage, recordInWords } from './approval.ts';
import { DONE, decide, editFields, saveEdit, typedFields } from './decide.ts';
import { approvalsPage } from './list.ts';

describe('the pages of approvals', () => {
  let api: ApiFixture;
  let ask: Ask;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('m-1');
    await addHeld(api);
    ask = createAsk(api.deps)({
      viewer: { address: ANN, isAdmin: false },
      request: new Request('http://test.example/approvals'),
      from: { clientAddress: '192.0.2.7', local: false },
      reservation: api.budget.open(),
    });
  });
  afterEach(() => api.dispose());
  async function page() {
    const read = await approvalPage(ask, 'd-1');
    if (!read.ok) throw new Error(read.code);
    return read.body;
  }
  const form = (fields: Record<string, string>) => new URLSearchParams(fields);

  it('list what waits, a page at a time', async () => {
    for (let made = 0; made < 51; made++) {
      await api.addDelivery(`more-${made}`, 'm-1', {
        state: 'awaiting_approval',
        reason_code: 'approval_always',
      });
    }
    const list = (cursor: string | null, agent: string | null = null) =>
      approvalsPage(ask, { cursor, agent });
    const first = await list(null);
    if (!first.ok) throw new Error(first.code);
    expect(first.body.rows).toHaveLength(50);
    expect(first.body.rows[0]).toMatchObject({ href: '/approvals/more-50', why: 'this agent asks always' });
    await api.addAgent('other', ANN);
    expect(await list(null, 'other')).toMatchObject({ body: { rows: [], next: null } });
    expect(await list(null, 'none')).toMatchObject({ status: 404 });
    const second = await list(first.body.next, 'scout');
    expect(second).toMatchObject({
      body: {
        rows: [{}, { href: '/approvals/d-1', recipients: `${ANN}, ${EVE}`, why: 'goes to somebody unknown' }],
        next: null,
      },
    });
  });

  it('say whom a mail goes to, and why it waits, without words for a terminal', async () => {
    const { groups, strangers, why, waits } = await page();
    expect(waits).toBe(true);
    expect(groups.map(({ label, people }) => [label, people.map((one) => one.label)])).toEqual([
      ['To', ['the owner']],
      ['Cc', ['unknown']],
    ]);
    expect(strangers).toBe(1);
    expect(why).toEqual({
      what: `The mail goes to ${EVE}.`,
      mend: { href: '/agents/scout/senders', label: 'Whom scout knows' },
    });
  });

  it('do by their forms what these name, with the digest that they carry', async () => {
    const digest = (await page()).mail.content?.digest ?? '';
    expect(await decide(ask, 'd-1', form({ does: 'everything', digest }))).toMatchObject({
      ok: false,
      status: 400,
    });
    expect(await decide(ask, 'd-1', form({ does: 'rewrite', digest, note: ' \r\n' }))).toMatchObject({
      ok: false,
      detail: expect.stringContaining('The note is empty'),
    });
    expect(await decide(ask, 'd-1', form({ does: 'approve', digest: 'b'.repeat(64) }))).toMatchObject({
      ok: false,
      code: 'approval_void',
    });
    expect(await decide(ask, 'd-1', form({ does: 'approve' }))).toMatchObject({ ok: false, status: 400 });
    expect((await rowOf(api)).state).toBe('awaiting_approval');
    const done = await decide(ask, 'd-1', form({ does: 'rewrite', digest, note: 'Line one\r\nline two' }));
    expect(done).toEqual({ ok: true, done: 'rewrite' });
    expect(Object.keys(DONE)).toContain('rewrite');
    const { record, waits } = await page();
    expect(waits).toBe(false);
    expect(record).toMatchObject([{ text: `${ANN} rejected it with a note`, note: 'Line one\nline two' }]);
  });

  it('take a form that is sent twice for one, and another decision for what it is', async () => {
    const { mail } = await page();
    const edited = { ...editFields(mail), subject: 'Another' };
    for (const _ of ['once', 'twice']) expect(await saveEdit(ask, 'd-1', edited)).toMatchObject({ ok: true });
    expect(await saveEdit(ask, 'd-1', { ...edited, body: 'Other' })).toMatchObject({ code: 'approval_void' });
    const digest = (await page()).mail.content?.digest ?? '';
    const sent = (fields: Record<string, string>) => decide(ask, 'd-1', form({ digest, ...fields }));
    const note = { does: 'rewrite', note: 'Shorter' };
    for (const _ of ['once', 'twice']) expect(await sent(note)).toEqual({ ok: true, done: 'rewrite' });
    expect(await sent({ does: 'rewrite', note: 'Longer' })).toMatchObject({
      code: 'conflict',
      detail: `It does not await approval any more. It was rejected with a note by ${ANN}.`,
    });
    for (const does of ['approve', 'reject'])
      expect(await sent({ does })).toMatchObject({ code: 'conflict' });
    expect((await page()).record).toHaveLength(2);
  });

  it('say of whom mail does not reach what they did', async () => {
    const people = { agent_id: 'scout', delivery_id: 'd', created_at: 1 };
    await suppress(api.db, [
      { ...people, address: EVE, code: 'complained', reason: 'complained (abuse)' },
      { ...people, address: ANN, code: 'bounced', reason: '550 5.1.1 no such user' },
    ]);
    const { groups } = await page();
    expect(groups.map(({ people: [one] }) => one?.trouble)).toEqual([
      'Mail to them came back: 550 5.1.1 no such user',
      'They complained (abuse)',
    ]);
  });

  it('change nothing by saving what was not changed, but its date', async () => {
    const before = (await page()).mail;
    const fields = editFields(before);
    expect(fields).toMatchObject({ to: `Ann <${ANN}>`, cc: EVE, body: '**Done.**\n\n> what you asked' });
    const typed = typedFields(form({ ...fields, body: fields.body.replaceAll('\n', '\r\n') }));
    expect((await saveEdit(ask, 'd-1', typed)).ok).toBe(true);
    const { digest: _, bytes: __, ...after } = (await page()).mail.content ?? { digest: '', bytes: 0 };
    const { digest: ___, bytes: ____, ...content } = before.content ?? { digest: '', bytes: 0 };
    expect(after).toEqual(content);
  });

  it.each([
    [{ action: 'approved', by: ANN, via: 'session' }, `${ANN} approved it`],
    [{ action: 'approved', by: ANN, via: 'link' }, `${ANN} approved it by the link in a mail`],
    [{ action: 'edited', by: null, via: 'operator' }, 'The operator of the server edited it'],
    [{ action: 'rejected', by: ANN, via: 'token' }, `${ANN} rejected it over the API`],
    [{ action: 'voided', by: null, via: 'host' }, 'It was not what had been approved'],
  ] as const)('say who decided: %j', (line, words) => {
    expect(recordInWords({ ...line, at: '2026-11-28T00:00:00.000Z', note: null }).text).toContain(words);
  });
});
