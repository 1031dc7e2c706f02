import { suppress } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

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
      detail: 'It is awaiting_approval; retry is for failed or uncertain or bounced ones.',
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
