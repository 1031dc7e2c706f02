import { suppress } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('the outbox over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('m-1');
  });
  afterEach(() => api.dispose());
  const ids = async (query: string) =>
    (await api.person(ANN).get(`/outbox${query}`)).json.data.map(({ id }: { id: string }) => id);

  it('is listed newest first, page by page, narrowed by state', async () => {
    for (const id of ['d-1', 'd-2', 'd-3']) await api.addDelivery(id, 'm-1');
    await api.addDelivery('d-4', 'm-1', {
      state: 'awaiting_approval',
      reason_code: 'recipients_not_allowed',
      reason: 'To x.',
    });
    const first = await api.person(ANN).get('/outbox?limit=3');
    expect(first.json.data.map(({ id }: { id: string }) => id)).toEqual(['d-4', 'd-3', 'd-2']);
    expect(await ids(`?cursor=${first.json.next_cursor}`)).toEqual(['d-1']);
    expect(await ids('?state=awaiting_approval&agent=scout')).toEqual(['d-4']);
    expect(first.json.data[0]).toMatchObject({
      agent: 'scout',
      recipients: [ANN],
      reason_code: 'recipients_not_allowed',
      reason: expect.stringContaining('To x. '),
    });
  });

  it('lets go what awaits approval, and what failed, each by its own word', async () => {
    await api.addDelivery('waits', 'm-1', { state: 'awaiting_approval' });
    await api.addDelivery('failed', 'm-1', { state: 'failed', attempts: 3 });
    expect((await api.person(ANN).call('POST', '/outbox/waits/retry')).json).toMatchObject({
      code: 'conflict',
      detail: 'It awaits approval. Only a mail that failed, is uncertain or came back is sent again.',
    });
    expect((await api.person(ANN).call('POST', '/outbox/failed/approve')).status).toBe(409);
    expect(api.woken).toEqual([]);
    expect((await api.person(ANN).call('POST', '/outbox/waits/approve')).json.state).toBe('pending');
    const retried = await api.person(ANN).call('POST', '/outbox/failed/retry');
    expect(retried.json).toMatchObject({
      state: 'pending',
      attempts: 0,
      next_attempt_at: expect.any(String),
    });
    expect(api.woken).toEqual(['deliveries', 'deliveries']);
  });

  it('takes an uncertain mail for sent, on the word of a person that is on record', async () => {
    const doubt = { doubt_since: 5000, sent_at: null, filed: 1, reason_code: 'delivery_uncertain' as const };
    await api.addDelivery('doubtful', 'm-1', { ...doubt, state: 'uncertain' });
    await api.addDelivery('sent', 'm-1');
    await api.db.updateTable('mails').set({ state: 'failed' }).execute();
    const mark = (id: string) => api.person(ANN).call('POST', `/outbox/${id}/mark-sent`);
    expect((await mark('sent')).json.detail).toBe(
      'It was sent. Only a mail that is uncertain is marked as sent.',
    );
    const at = new Date(api.now).toISOString();
    expect((await mark('doubtful')).json).toMatchObject({
      state: 'sent',
      sent_at: '1970-01-01T00:00:05.000Z',
      reason: null,
      marked_sent_by: ANN,
      marked_sent_at: at,
    });
    expect(api.woken).toEqual(['reports']);
    const row = await api.db
      .selectFrom('deliveries')
      .selectAll()
      .where('id', '=', 'doubtful')
      .executeTakeFirst();
    expect(row).toMatchObject({ filed: 0, doubt_since: null });
    expect((await api.person(ANN).get('/mails/m-1')).json.state).toBe('replied');
    expect((await mark('doubtful')).status).toBe(409);
  });

  it('counts what is in each state, and lists several states together', async () => {
    await api.addDelivery('d-1', 'm-1', { state: 'failed' });
    await api.addDelivery('d-2', 'm-1', { state: 'bounced' });
    await api.addDelivery('d-3', 'm-1');
    await api.addAgent('bobs', BOB);
    await api.addMail('m-2', { agent_id: 'bobs' });
    await api.addDelivery('d-4', 'm-2', { state: 'failed' });
    const none = { pending: 0, sending: 0, awaiting_approval: 0, uncertain: 0, rejected: 0 };
    const ofAnn = { ...none, sent: 1, failed: 1, bounced: 1 };
    expect((await api.person(ANN).get('/outbox-counts')).json).toEqual(ofAnn);
    expect((await api.person(ANN).get('/outbox-counts?agent=scout')).json).toEqual(ofAnn);
    expect((await api.person(ADMIN).get('/outbox-counts')).json.failed).toBe(2);
    expect(await ids('?states=failed,bounced')).toEqual(['d-2', 'd-1']);
    expect((await api.person(ANN).get('/outbox?states=failed,lost')).status).toBe(400);
  });

  it('gives the bytes of a mail, and says where there are none', async () => {
    await api.addDelivery('d-1', 'm-1', { delivered_at: 1000 });
    expect((await api.person(ANN).get('/outbox/d-1')).json.delivered_at).toBe('1970-01-01T00:00:01.000Z');
    await api.addDelivery('d-2', 'm-1', { state: 'failed', raw_key: '' });
    expect((await api.person(ANN).get('/outbox/d-1/raw')).text).toBe('Subject: out\r\n');
    expect((await api.person(ANN).get('/outbox/d-2/raw')).json.detail).toContain('could not be composed');
    expect((await api.person(ANN).call('POST', '/outbox/d-2/retry')).json.detail).toContain('write it again');
  });

  it('shows whom mail does not reach, and lets the agent write to them again', async () => {
    const row = { agent_id: 'scout', code: 'bounced' as const, reason: '550 no', delivery_id: 'd-1' };
    await suppress(api.db, [{ ...row, address: 'x@example.net', created_at: 1 }]);
    expect((await api.person(ANN).get('/agents/scout/suppressed')).json.data).toEqual([
      {
        agent: 'scout',
        address: 'x@example.net',
        code: 'bounced',
        reason: '550 no',
        delivery: 'd-1',
        created_at: '1970-01-01T00:00:00.001Z',
      },
    ]);
    expect((await api.person(ANN).get('/suppressed')).json.data).toMatchObject([{ agent: 'scout' }]);
    const path = '/agents/scout/suppressed/X%40Example.net';
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(404);
  });
});
