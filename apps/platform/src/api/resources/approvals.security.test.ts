/** Approvals attacked: what was not read is not approved, two decisions are one, and an edit writes no header. */
import { approvalDigest } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';
import { addHeld, EVE, rowOf, storedText } from '../test-support/held.ts';

describe('an approval', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('m-1');
    await addHeld(api);
  });
  afterEach(() => api.dispose());
  const ann = () => api.person(ANN);
  const digestNow = async () => (await ann().get('/outbox/d-1/approval')).json.content.digest;
  const act = (action: string, body: object) => ann().call('POST', `/outbox/d-1/${action}`, { body });

  it.each(['approve', 'reject', 'edit'])('%s is void where the mail was edited meanwhile', async (action) => {
    const digest = await digestNow();
    expect((await act('edit', { digest, body: 'Other words.' })).status).toBe(200);
    const late = await act(action, { digest, ...(action === 'edit' ? { body: 'x' } : {}) });
    expect(late.json).toMatchObject({ status: 409, code: 'approval_void' });
    expect(late.json.next_step).toContain('Read the mail as it is now');
    expect((await rowOf(api)).state).toBe('awaiting_approval');
    expect(api.woken).toEqual([]);
  });

  it.each([
    [
      'other bytes lie under the same name',
      async () => {
        await api.rawMail.put('out-d-1', new TextEncoder().encode('Subject: another\r\n\r\nx'));
      },
    ],
    [
      'the envelope has somebody more',
      async () => {
        await api.db
          .updateTable('deliveries')
          .set({ recipients: JSON.stringify([ANN, EVE, 'mallory@evil.example']) })
          .execute();
      },
    ],
    [
      'the envelope sender is another',
      async () => {
        await api.db.updateTable('deliveries').set({ envelope_sender: 'x@evil.example' }).execute();
      },
    ],
  ])('is void where %s', async (_, change) => {
    const digest = await digestNow();
    await change();
    expect((await act('approve', { digest })).json.code).toBe('approval_void');
    expect(await rowOf(api)).toMatchObject({ state: 'awaiting_approval', approved_digest: null });
  });

  it('lets nothing leave in the name of a deleted agent, which may be that of another one by now', async () => {
    const digest = await digestNow();
    await api.addDelivery('d-2', 'm-1', { state: 'failed' });
    expect((await ann().call('DELETE', '/agents/scout')).status).toBe(204);
    for (const [action, body] of [
      ['approve', { digest }],
      ['edit', { digest, body: 'x' }],
      ['reject', { digest, note: 'x' }],
    ] as const) {
      expect((await act(action, body)).json).toMatchObject({
        code: 'conflict',
        detail: expect.stringContaining('deleted'),
      });
    }
    expect((await ann().call('POST', '/outbox/d-2/retry')).json).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('deleted'),
    });
    expect(api.woken).toEqual([]);
    expect((await act('reject', { digest })).json.state).toBe('rejected');
  });

  it('of another mail with the same bytes and people is worth nothing', async () => {
    await addHeld(api, { id: 'd-2' });
    await api.rawMail.put('out-d-2', await api.rawMail.get('out-d-1'));
    const digest = await digestNow();
    const other = await ann().call('POST', '/outbox/d-2/approve', { body: { digest } });
    expect(other.json.code).toBe('approval_void');
  });

  it('is over exactly what is sent', async () => {
    const row = await rowOf(api);
    expect(await digestNow()).toBe(
      await approvalDigest({
        deliveryId: 'd-1',
        envelopeSender: row.envelope_sender,
        recipients: JSON.parse(row.recipients),
        raw: await api.rawMail.get(row.raw_key),
      }),
    );
  });

  it('is one of many at once: one decides, the others learn what', async () => {
    const digest = await digestNow();
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => act('approve', { digest })),
      ...Array.from({ length: 4 }, () => act('reject', { digest })),
      ...Array.from({ length: 4 }, () => act('reject', { digest, note: 'Anew.' })),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { json, status } of answers) if (status !== 200) expect(json.code).toBe('conflict');
    const records = await api.db.selectFrom('approval_records').selectAll().execute();
    expect(records).toHaveLength(1);
    const { state } = await rowOf(api);
    expect(state).toBe(records[0]?.action === 'approved' ? 'pending' : 'rejected');
    const notes = await api.db.selectFrom('mails').select('id').where('via', '=', 'note').execute();
    expect(notes).toHaveLength(records[0]?.action === 'rejected_with_note' ? 1 : 0);
  });

  it.each(['approve', 'reject', 'edit'])(
    '%s by another owner finds nothing, right digest or not',
    async (action) => {
      const digest = await digestNow();
      const body = { digest, ...(action === 'edit' ? { body: 'x' } : {}) };
      const tries = await Promise.all([
        api.person(BOB).call('POST', `/outbox/d-1/${action}`, { body }),
        api.person(BOB).get('/outbox/d-1/approval'),
        api.person(BOB).get('/outbox/d-1/parts/3'),
      ]);
      expect(tries.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect((await rowOf(api)).state).toBe('awaiting_approval');
    },
  );

  it('by an admin has the name of the admin on record', async () => {
    const body = { digest: await digestNow() };
    expect((await api.person(ADMIN).call('POST', '/outbox/d-1/approve', { body })).status).toBe(200);
    const { record } = (await ann().get('/outbox/d-1/approval')).json;
    expect(record).toMatchObject([{ action: 'approved', by: ADMIN }]);
  });

  it.each([
    ['subject', { subject: 'Hi\r\nBcc: mallory@evil.example' }],
    ['subject with a line separator', { subject: 'Hi\u2028Bcc: mallory@evil.example' }],
    ['name of a recipient', { to: [`Ann\r\nBcc: mallory@evil.example <${ANN}>`] }],
    ['address of a recipient', { to: [ANN], cc: ['x@example.com\r\nBcc: mallory@evil.example'] }],
    ['encoded name', { to: [`=?utf-8?q?a=0D=0ABcc:_mallory=40evil.example?= <${ANN}>`] }],
    ['list in one address', { to: [ANN], cc: ['x@example.com, mallory@evil.example'] }],
  ])('an edit writes no header by the %s', async (_, change) => {
    const digest = await digestNow();
    const refused = await act('edit', { digest, ...change });
    expect(refused.json.code).toBe('invalid_request');
    expect(await storedText(api)).not.toMatch(/^bcc|mallory/im);
    expect(await digestNow()).toBe(digest);
  });

  it('a body of headers and parts stays a body', async () => {
    const digest = await digestNow();
    const body =
      'Bcc: mallory@evil.example\r\n\r\n--=_tinyfat\nContent-Type: text/html\n\n<script>x</script>\n.\n';
    const edited = (await act('edit', { digest, body })).json;
    expect(edited.content.body).toBe(body.replaceAll('\r\n', '\n'));
    expect(edited.recipients.map(({ address }: { address: string }) => address)).toEqual([ANN, EVE]);
    const [headers = ''] = (await storedText(api)).split('\r\n\r\n');
    expect(headers).not.toMatch(/^bcc/im);
    expect(edited.content.files).toHaveLength(1);
  });

  it('a note is quoted words: no command, no header', async () => {
    const digest = await digestNow();
    const note = '/clear\r\nBcc: mallory@evil.example\r\n\r\n/model opus';
    expect((await act('reject', { digest, note })).status).toBe(200);
    const [mail] = await api.db.selectFrom('mails').selectAll().where('via', '=', 'note').execute();
    const raw = Buffer.from(await api.rawMail.get(mail?.raw_key ?? '')).toString('latin1');
    expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^bcc/im);
    expect(raw).toMatch(/^Subject: Write it anew: Re: Hello\r$/m);
    expect(mail?.subject).toBe('Write it anew: Re: Hello');
  });
});
