import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const EVIDENCE = {
  source: 'verified',
  authserv: null,
  spf: { result: 'pass', domain: 'example.com', aligned: true },
  dkim: [
    {
      result: 'pass',
      domain: 'example.com',
      selector: 's1',
      aligned: true,
      bodyLengthLimited: false,
      signedHeaders: ['from'],
      signedAt: 1_764_244_800_000,
      fingerprint: 'f',
    },
  ],
  dmarc: { result: 'pass', domain: 'example.com', policy: 'reject' },
};

describe('mails over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addAgent('other', ANN);
  });
  afterEach(() => api.dispose());
  const ids = async (query: string) =>
    (await api.person(ANN).get(`/mails${query}`)).json.data.map(({ id }: { id: string }) => id);

  it('are listed newest first and narrowed by agent, state, verdict and Message-ID', async () => {
    await api.addMail('m-1');
    await api.addMail('m-2', { agent_id: 'other', state: 'failed' });
    await api.addQuarantinedMail('m-3');
    expect(await ids('')).toEqual(['m-3', 'm-2', 'm-1']);
    expect(await ids('?agent=Scout')).toEqual(['m-3', 'm-1']);
    expect(await ids('?state=failed')).toEqual(['m-2']);
    expect(await ids('?verdict=quarantined')).toEqual(['m-3']);
    expect(await ids(`?message_id=${encodeURIComponent('<m-1@example.com>')}`)).toEqual(['m-1']);
    expect((await api.person(ANN).get('/mails?state=gone')).status).toBe(400);
    expect((await api.person(ANN).get('/mails?agent=nobody')).status).toBe(404);
  });

  it('are narrowed by sender, under any tag, and by when they came', async () => {
    for (const [id, sender_base, hour] of [
      ['m-1', ANN, 8],
      ['m-2', 'x@example.com', 9],
      ['m-3', ANN, 10],
      ['m-4', ANN, 11],
    ] as const)
      await api.addMail(id, { sender_base, received_at: Date.UTC(2026, 0, 1, hour) });
    const ann = encodeURIComponent('Ann+tag@Example.com');
    expect(await ids(`?sender=${ann}`)).toEqual(['m-4', 'm-3', 'm-1']);
    expect(await ids(`?sender=${ann}&state=replied&before=2026-01-01T11:00:00Z&limit=1`)).toEqual(['m-3']);
    expect(await ids('?since=2026-01-01T09:00:00Z&before=2026-01-01T11:00:00Z')).toEqual(['m-3', 'm-2']);
    for (const wrong of ['sender=ann', 'since=yesterday', 'before=2026'])
      expect((await api.person(ANN).get(`/mails?${wrong}`)).status).toBe(400);
  });

  it('are paged without loss where many came at the same time', async () => {
    for (let i = 0; i < 7; i++) await api.addMail(`m-${i}`, { received_at: 5 });
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const page = await api.person(ANN).get(`/mails?limit=3${cursor}`);
      seen.push(...page.json.data.map(({ id }: { id: string }) => id));
      if (page.json.next_cursor === null) break;
      cursor = `&cursor=${page.json.next_cursor}`;
    }
    expect(seen).toEqual(['m-6', 'm-5', 'm-4', 'm-3', 'm-2', 'm-1', 'm-0']);
  });

  it('are shown with verdict, evidence, run and deliveries', async () => {
    await api.addMail('m-1', { evidence: JSON.stringify(EVIDENCE), authentication: 'DMARC passed.' });
    await api.addDelivery('d-1', 'm-1');
    expect((await api.person(ANN).get('/mails/m-1')).json).toMatchObject({
      agent: 'scout',
      verdict: 'accepted',
      references: ['<a@example.com>', '<b@example.com>'],
      evidence: {
        source: 'verified',
        spf: { result: 'pass', domain: 'example.com', aligned: true },
        dkim: [{ selector: 's1', body_length_limited: false, signed_at: '2025-11-27T12:00:00.000Z' }],
        dmarc: { policy: 'reject' },
      },
      waiting: false,
      run: 'm-1',
      deliveries: [{ id: 'd-1', kind: 'reply', recipients: [ANN], state: 'sent' }],
    });
  });

  it('are given raw as a download that no browser shows', async () => {
    await api.addMail('m-1', { subject: '<script>alert(1)</script>' });
    const raw = await api.person(ANN).get('/mails/m-1/raw');
    expect(raw.text).toBe('Subject: <script>alert(1)</script>\r\n\r\nraw');
    expect(Object.fromEntries(raw.headers)).toMatchObject({
      'content-type': 'message/rfc822',
      'content-disposition': 'attachment; filename="m-1.eml"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
    });
  });

  it('are released once, and the queue is woken', async () => {
    await api.addQuarantinedMail('m-1');
    expect((await api.person(ANN).get('/mails/m-1')).json).toMatchObject({ waiting: true, run: null });
    expect((await api.person(ANN).call('POST', '/mails/m-1/release')).json).toMatchObject({
      state: 'queued',
      waiting: false,
    });
    expect(api.woken).toEqual(['jobs']);
    const again = await api.person(ANN).call('POST', '/mails/m-1/release');
    expect(again.json).toMatchObject({ status: 409, code: 'conflict' });
    expect(await api.db.selectFrom('jobs').select('mail_id').execute()).toEqual([{ mail_id: 'm-1' }]);
  });

  it('that were refused are not released, and it is said what helps', async () => {
    const refused = { verdict: 'refused', state: 'refused', reason_code: 'not_allowed' } as const;
    await api.addMail('m-1', refused);
    const answer = await api.person(ANN).call('POST', '/mails/m-1/release');
    expect(answer.json).toMatchObject({
      code: 'conflict',
      detail: expect.stringMatching(/^The mail is refused\. Only/),
      next_step: expect.stringContaining('tinyfat allow add'),
    });
  });

  it('are discarded one by one or all of an agent', async () => {
    for (const id of ['m-1', 'm-2', 'm-3']) await api.addQuarantinedMail(id);
    await api.addQuarantinedMail('m-4', { agent_id: 'other' });
    expect((await api.person(ANN).call('POST', '/mails/m-1/discard')).json.state).toBe('discarded');
    expect((await api.person(ANN).call('POST', '/mails/m-1/discard')).status).toBe(409);
    expect((await api.person(ANN).call('POST', '/agents/scout/mails/discard')).json).toEqual({
      discarded: 2,
    });
    expect((await api.person(ANN).get('/mails/m-4')).json.state).toBe('quarantined');
  });
});
