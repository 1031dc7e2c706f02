import { UNCOUNTED } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAsk } from '../../api/ask.ts';
import { ANN, type ApiFixture, openApi } from '../../api/test-support/api.ts';
import { readMails } from './list.ts';
import { readMail } from './mail.ts';
import { mend } from './mend.ts';
import { OUTGOING, readView } from './message-views.ts';

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
  await api.addAgent('scout', ANN);
});
afterEach(() => api.dispose());

const ask = (address = ANN) =>
  createAsk(api.deps)({
    viewer: { address, isAdmin: false },
    request: new Request('http://localhost:8025/mails'),
    from: { clientAddress: '192.0.2.7', local: false },
    reservation: UNCOUNTED,
  });
const list = (search: string, zone = 'UTC') => readMails(ask(), new URLSearchParams(search), zone);
const page = async (id: string, search = '') => {
  const read = await readMail(ask(), id, new URLSearchParams(search));
  if (!read.ok) throw new Error(read.code);
  return read.body;
};

describe('the list of mails', () => {
  it('takes its filters from the URL, days by the clock of the viewer', async () => {
    await api.addMail('m-1', { received_at: Date.parse('2026-03-01T22:30:00Z') });
    await api.addMail('m-2', { received_at: Date.parse('2026-03-01T23:30:00Z'), state: 'failed' });
    const ids = async (search: string, zone?: string) => (await list(search, zone)).mails.map(({ id }) => id);
    expect(await ids('')).toEqual(['m-2', 'm-1']);
    expect(await ids('from=2026-03-02', 'Europe/Berlin')).toEqual(['m-2']);
    expect(await ids('to=2026-03-01', 'Europe/Berlin')).toEqual(['m-1']);
    expect(await ids('from=2026-03-01&to=2026-03-01')).toEqual(['m-2', 'm-1']);
    expect(await ids('state=failed&agent=scout&sender=ANN@example.com')).toEqual(['m-2']);
  });

  it('says what is wrong with a filter, and keeps it', async () => {
    const found = await list('sender=nobody&agent=');
    expect(found).toMatchObject({ mails: [], isFiltered: true, filters: { sender: 'nobody' } });
    expect(found.refusal).toMatchObject({ code: 'invalid_request' });
    for (const wrong of ['state=__proto__', 'from=tomorrow', 'to=2026-99-99', 'to=2026-06-31']) {
      expect([wrong, (await list(wrong)).refusal?.code]).toEqual([wrong, 'invalid_request']);
    }
    expect((await list('agent=ghost')).refusal).toMatchObject({ code: 'not_found' });
    expect((await list('agent=ghost')).agents).toEqual(['ghost', 'scout']);
  });

  it('is read a page at a time', async () => {
    for (let number = 0; number < 30; number++) await api.addMail(`m-${number}`);
    const first = await list('');
    expect(first.mails.length).toBe(25);
    expect((await list(`cursor=${first.next}`)).mails.length).toBe(5);
  });
});

describe('the page of a mail', () => {
  const refused = { verdict: 'refused', state: 'refused', reason_code: 'not_allowed' } as const;

  it('shows what became of it, and links to the run', async () => {
    await api.addMail('m-1', { subject: ' ' });
    const { subject, timeline, mend: panel } = await page('m-1');
    expect([subject, panel]).toEqual(['(no subject)', null]);
    expect(timeline?.find(({ link }) => link !== null)).toMatchObject({
      tone: 'wait',
      link: { href: '/runs/m-1' },
    });
  });

  it('mends a refusal by letting the sender in', async () => {
    await api.addMail('m-1', refused);
    const { mail, mend: panel } = await page('m-1');
    expect(panel).toMatchObject({ mends: [{ does: 'allow', label: `Allow ${ANN}` }], advice: null });
    expect(await mend(ask(), mail, 'allow')).toEqual({ ok: true, done: 'allow' });
    const senders = await api.person(ANN).get('/agents/scout/allowed-senders');
    expect(senders.json.data).toMatchObject([{ entry: ANN }]);
  });

  it('mends one for want of proof by a secret address, which is shown once', async () => {
    await api.addMail('m-1', { ...refused, reason_code: 'no_policy_no_signature' });
    const { mail, mend: panel } = await page('m-1');
    expect(panel?.mends.map(({ does }) => does)).toEqual(['secret']);
    expect(await mend(ask(), mail, 'secret')).toEqual({
      ok: true,
      secret: expect.stringMatching(/^scout\+[a-z0-9]+@agents\.example\.org$/),
    });
    // Only senders on the list are let in by one.
    const senders = await api.person(ANN).get('/agents/scout/allowed-senders');
    expect(senders.json.data).toMatchObject([{ entry: ANN }]);
  });

  it.each([
    ['dmarc_failed', 'Treat it as forged'],
    ['from_several', 'one From header'],
    ['unauthenticated', 'sign with DKIM'],
  ])('says what helps where no button does: %s', async (code, words) => {
    await api.addMail('m-1', { ...refused, reason_code: code });
    expect((await page('m-1')).mend).toMatchObject({ mends: [], advice: expect.stringContaining(words) });
  });

  it('offers no secret address where SPF says that it came from elsewhere', async () => {
    const spf = { result: 'fail', domain: 'example.com', aligned: true };
    const evidence = JSON.stringify({ source: 'verified', authserv: null, spf, dkim: [], dmarc: null });
    await api.addMail('m-1', { ...refused, reason_code: 'no_policy_no_signature', evidence });
    const { mend: panel } = await page('m-1');
    expect(panel).toMatchObject({ mends: [], advice: expect.stringContaining('sign with DKIM') });
    expect(panel?.advice).not.toContain('tinyfat');
  });

  it('offers no button for a sender that nobody knows', async () => {
    await api.addMail('m-1', { ...refused, sender: null });
    const { mail, mend: panel } = await page('m-1');
    expect(panel).toMatchObject({ mends: [], advice: null });
    expect(await mend(ask(), mail, 'allow')).toMatchObject({ ok: false, code: 'invalid_request' });
  });

  it('releases and discards what waits', async () => {
    await api.addQuarantinedMail('m-1');
    await api.addQuarantinedMail('m-2');
    const { mail, mend: panel } = await page('m-1');
    expect(panel?.mends.map(({ does }) => does)).toEqual(['release', 'discard', 'secret']);
    expect(await mend(ask(), mail, 'release')).toEqual({ ok: true, done: 'release' });
    expect(await mend(ask(), mail, 'release')).toMatchObject({ ok: false, code: 'conflict' });
    expect(await mend(ask(), (await page('m-2')).mail, 'discard')).toEqual({ ok: true, done: 'discard' });
    expect(await mend(ask(), mail, 'toString')).toMatchObject({ ok: false, code: 'invalid_request' });
  });

  it('is not there for somebody else', async () => {
    await api.addMail('m-1');
    const read = await readMail(ask('eve@example.com'), 'm-1', new URLSearchParams());
    expect(read).toMatchObject({ ok: false, status: 404 });
    const view = await readView(ask('eve@example.com'), OUTGOING, 'd-1', new URLSearchParams('view=text'));
    expect(view).toMatchObject({ view: 'refused', refusal: { status: 404 } });
  });
});

describe('the views of a message', () => {
  const put = (raw: string) => api.rawMail.put('raw-m-1', new TextEncoder().encode(raw));
  beforeEach(() => api.addMail('m-1'));

  it('are a frame by default, and by any view that there is not', async () => {
    for (const search of ['', 'view=toString'])
      expect((await page('m-1', search)).shown).toEqual({ view: 'rendered', src: '/mails/m-1/view' });
  });

  it('are cut to what a page can hold', async () => {
    await put(
      `${`X-Long: ${'x'.repeat(3000)}\r\n`.repeat(20)}\r\n${'word '.repeat(15)}\r\n`.padEnd(
        200_000,
        'text\r\n',
      ),
    );
    const text = (await page('m-1', 'view=text')).shown;
    expect(text).toMatchObject({ view: 'text', cut: true });
    expect(text.view === 'text' && text.text.length).toBe(50_000);
    const headers = (await page('m-1', 'view=headers')).shown;
    expect(headers).toMatchObject({ view: 'headers', cut: true });
    expect(JSON.stringify(headers).length).toBeLessThan(32_000);
  });

  it('page through the source', async () => {
    await put(`Subject: x\r\n\r\n${'line\r\n'.repeat(10_000)}`);
    const first = (await page('m-1', 'view=source')).shown;
    expect(first).toMatchObject({ before: null, place: '0 B to 33 kB of 60 kB' });
    const next = first.view === 'source' ? first.next : null;
    const second = (await page('m-1', next ?? '')).shown;
    expect(second).toMatchObject({ view: 'source', before: '?view=source', next: null });
    expect((await page('m-1', 'view=source&offset=x')).shown).toMatchObject({ view: 'refused' });
  });

  it('list the parts with where each is downloaded', async () => {
    await put(
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; name="<b>.txt"\r\n\r\nHi\r\n--b--',
    );
    expect((await page('m-1', 'view=parts')).shown).toMatchObject({
      parts: [
        { depth: 0, type: 'multipart/mixed', href: null, size: null },
        { depth: 1, name: '_b_.txt', size: '2 B', href: '/mails/m-1/parts/1' },
      ],
    });
  });
});
