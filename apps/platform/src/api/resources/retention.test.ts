import { DEFAULT_RETENTION } from '@tinyfat/core';
import { beginRun, recordRun } from '@tinyfat/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, ANN, type ApiFixture, openApi } from '../test-support/api.ts';

describe('retention over the API', () => {
  let api: ApiFixture;
  const asked: string[] = [];
  beforeAll(async () => {
    api = await openApi({
      retention: {
        days: { ...DEFAULT_RETENTION, events: 3 },
        preview: async () => ({ events: { removed: 2, bytes: 10 } }),
        async run() {
          asked.push('run');
          return { events: { removed: 1, bytes: 5, error: 'EIO' } };
        },
      },
    });
  });
  afterAll(() => api.dispose());

  it('says to everybody how long each kind stays, and to admins what went last', async () => {
    await beginRun(api.db, { id: 'r-1', now: 1_000 });
    await recordRun(api.db, 'r-1', { events: { removed: 7, bytes: 70 } }, 2_000);
    await beginRun(api.db, { id: 'r-2', now: 3_000 });
    const seen = await api.person(ANN).get('/retention');
    expect(seen.json.kinds).toContainEqual({
      kind: 'events',
      what: "files in agents' events: what happened in each turn",
      variable: 'RETENTION_EVENTS',
      days: 3,
    });
    expect(seen.json.last_run).toBeNull();
    expect((await api.person(ADMIN).get('/retention')).json.last_run).toEqual({
      started_at: '1970-01-01T00:00:01.000Z',
      finished_at: '1970-01-01T00:00:02.000Z',
      counts: [{ kind: 'events', removed: 7, bytes: 70, error: null }],
    });
  });

  it('looks ahead and runs for admins alone', async () => {
    const admin = await api.person(ADMIN).get('/retention/preview');
    expect(admin.json.counts).toEqual([{ kind: 'events', removed: 2, bytes: 10, error: null }]);
    const token = api.bearer(await api.token(ANN, 'read', 'write', 'admin'));
    expect((await token.get('/retention/preview')).status).toBe(403);
    expect((await token.call('POST', '/retention/run')).status).toBe(403);
    expect(asked).toEqual([]);
    const ran = await api.person(ADMIN).call('POST', '/retention/run');
    expect(ran.json.counts).toEqual([{ kind: 'events', removed: 1, bytes: 5, error: 'EIO' }]);
    expect(asked).toEqual(['run']);
  });

  it('has taken bytes away that are asked for: it says so, and nothing is sent again', async () => {
    await api.addAgent('scout', ANN);
    await api.addMail('m-1', { raw_removed_at: Date.UTC(2026, 0, 2) });
    await api.addDelivery('d-1', 'm-1', { state: 'bounced', raw_removed_at: Date.UTC(2026, 0, 2) });
    for (const [method, path] of [
      ['GET', '/mails/m-1/raw'],
      ['GET', '/outbox/d-1/raw'],
      ['POST', '/outbox/d-1/retry'],
    ] as const) {
      const answer = await api.person(ANN).call(method, path);
      expect(answer.json).toMatchObject({ status: 409, code: 'conflict' });
      expect(answer.json.detail).toContain('removed on 2026-01-02');
    }
  });
});
