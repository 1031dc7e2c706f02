/** What admins see and do for the whole server, and what others get there. */
import { insertWebhookEvent } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('the server', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.dispose());

  const event = async (id: string, provider: 'resend' | 'postmark', state: 'done' | 'failed' | 'pending') => {
    await insertWebhookEvent(api.db, {
      id,
      provider,
      event_id: id,
      kind: 'delivery',
      provider_mail_id: id,
      payload: '{"secret":"of the event"}',
      raw_key: null,
      state,
      attempts: 1,
      next_attempt_at: api.now,
      reason_code: state === 'failed' ? 'webhook_mail_gone' : null,
      reason: state === 'failed' ? 'The provider no longer has it.' : null,
      created_at: api.now++,
      finished_at: state === 'pending' ? null : api.now,
    });
  };

  it.each(['/owners', '/server/health', '/server/webhooks', '/server/webhooks/failures'])(
    'shows %s to admins only',
    async (path) => {
      expect((await api.person(ANN).get(path)).json.code).toBe('not_permitted');
      const token = await api.token(ADMIN, 'read');
      expect((await api.bearer(token).get(path)).status).toBe(403);
      expect((await api.person(ADMIN).get(path)).status).toBe(200);
    },
  );

  it('lists owners by address, with their agents and what this month has cost', async () => {
    await api.addAgent('scout', ANN);
    await api.addAgent('second', ANN);
    await api.addAgent('clerk', BOB);
    await api.addMail('m-1');
    await api.db.updateTable('runs').set({ cost_usd: 0.5, started_at: api.now }).execute();
    await api.db.updateTable('agents').set({ deleted_at: 1 }).where('name', '=', 'scout').execute();
    const first = await api.person(ADMIN).get('/owners?limit=1');
    expect(first.json.data).toEqual([{ owner: ANN, agents: 1, spent_this_month_usd: 0.5, is_admin: false }]);
    const second = await api.person(ADMIN).get(`/owners?limit=1&cursor=${first.json.next_cursor}`);
    expect(second.json).toMatchObject({
      data: [{ owner: BOB, agents: 1, spent_this_month_usd: 0 }],
      next_cursor: null,
    });
    api.now = Date.UTC(2026, 11, 1);
    expect((await api.person(ADMIN).get('/owners')).json.data[0].spent_this_month_usd).toBe(0);
  });

  it('pages through owners with long addresses', async () => {
    const long = `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.example`;
    await api.addAgent('long', long);
    await api.addAgent('scout', ANN);
    const first = await api.person(ADMIN).get('/owners?limit=1');
    const second = await api.person(ADMIN).get(`/owners?limit=1&cursor=${first.json.next_cursor}`);
    expect([first.json.data[0].owner, second.json.data[0].owner]).toEqual([long, ANN]);
  });

  it('says how webhooks do, and why events failed, without what they hold', async () => {
    await event('e-1', 'resend', 'done');
    await event('e-2', 'resend', 'failed');
    await event('e-3', 'resend', 'pending');
    const { json } = await api.person(ADMIN).get('/server/webhooks');
    expect(json.providers).toEqual([
      { provider: 'resend', configured: true, last_event_at: expect.any(String), waiting: 1, failed: 1 },
      { provider: 'postmark', configured: false, last_event_at: null, waiting: 0, failed: 0 },
    ]);
    const failures = await api.person(ADMIN).get('/server/webhooks/failures');
    expect(failures.json.data).toMatchObject([{ id: 'e-2', reason: 'The provider no longer has it.' }]);
    expect(failures.text).not.toContain('secret');
  });

  it('stops all sending by admins alone, says since when, and wakes the sender afterwards', async () => {
    expect((await api.person(ANN).call('POST', '/sending/stop')).status).toBe(403);
    expect((await api.person(ANN).get('/sending')).json).toEqual({
      stopped: false,
      since: null,
      stopped_by: null,
    });
    const stopped = await api.person(ADMIN).call('POST', '/sending/stop');
    expect(stopped.json).toMatchObject({ stopped: true, stopped_by: ADMIN });
    api.now += 1000;
    // A second stop takes nobody's place.
    expect((await api.operator.call('POST', '/sending/stop')).json).toEqual(stopped.json);
    expect((await api.person(ANN).get('/sending')).json).toEqual({ ...stopped.json, stopped_by: null });
    expect((await api.person(ANN).call('POST', '/sending/resume')).status).toBe(403);
    expect((await api.operator.call('POST', '/sending/resume')).json.stopped).toBe(false);
    expect(api.woken).toEqual(['deliveries']);
  });
});
