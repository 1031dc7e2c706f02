/** Runs are stopped and run again over the API; what cannot be is refused with what it is. */
import { endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, BOB, openApi } from '../test-support/api.ts';

describe('a run over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('r-1', { subject: 'Weather' });
  });
  afterEach(() => api.dispose());

  const ann = () => api.person(ANN);
  const stop = (id = 'r-1') => ann().call('POST', `/runs/${id}/stop`);
  const again = (body: object = {}, id = 'r-1') => ann().call('POST', `/runs/${id}/again`, { body });
  const goesOn = () => api.db.updateTable('jobs').set({ state: 'running' }).where('id', '=', 'r-1').execute();
  const ends = (change: object = {}) =>
    endRun(api.db, 'r-1', { status: 'done', finished_at: api.now, ...change });

  it('is stopped: who asked is on record, workers are woken, asking twice changes nothing', async () => {
    await goesOn();
    const first = await stop();
    expect(first.status).toBe(202);
    expect(first.json).toMatchObject({ id: 'r-1', status: 'running', stop_asked_by: ANN });
    expect(api.woken).toEqual(['jobs']);
    api.now += 1000;
    expect((await stop()).json.stop_asked_at).toBe(first.json.stop_asked_at);
    expect((await api.operator.get('/runs/r-1')).json).toMatchObject({ stop_asked_by: ANN });
  });

  it.each([
    [{}, 'It has come to its end'],
    [{ status: 'failed', error_code: 'llm_stalled' }, 'It has failed'],
    [{ status: 'failed', error_code: 'run_stopped' }, 'It was stopped'],
  ])('that has ended (%j) is not stopped, and says so', async (end, says) => {
    await ends(end);
    const answer = await stop();
    expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
    expect(answer.json.detail).toContain(says);
    expect(api.woken).toEqual([]);
  });

  it('is run again as a run of its own, with the text of its owner or the mail as it came', async () => {
    await ends();
    const made = await again({ text: 'Of tomorrow, please.' });
    expect(made.status).toBe(201);
    const { id } = made.json;
    expect(made.json).toMatchObject({
      mail: 'r-1',
      status: 'waiting',
      attempt: 0,
      again_of: 'r-1',
      edited: true,
    });
    expect((await ann().get(`/runs/${id}`)).json).toMatchObject({
      edited_text: 'Of tomorrow, please.',
      again: null,
    });
    expect((await ann().get('/runs/r-1')).json).toMatchObject({ edited_text: null, again: id });
    expect((await ann().get('/mails/r-1')).json).toMatchObject({ state: 'queued', run: id });
    expect((await ann().get('/runs?status=waiting')).json.data).toMatchObject([{ id }]);
    expect(api.woken).toEqual(['jobs']);
    // Stopped before it began, and no second one meanwhile.
    expect((await again()).json.detail).toContain('waits or goes on');
    expect((await stop(id)).status).toBe(202);
  });

  it.each([{ text: '' }, { text: ' \n' }, { text: 'x'.repeat(100_001) }, { text: 7 }, { other: 'x' }])(
    'is not run again with %j',
    async (body) => {
      await ends();
      expect((await again(body)).status).toBe(400);
    },
  );

  it('is not run again without the stored mail, and the reason is said', async () => {
    await ends();
    await api.db.updateTable('mails').set({ raw_removed_at: api.now }).execute();
    const answer = await again();
    expect([answer.status, answer.json.detail]).toEqual([
      409,
      expect.stringContaining('was removed on 2026-11-27'),
    ]);
    expect((await ann().get('/runs')).json.data).toHaveLength(1);
  });

  it('goes on where a token may only read, and belongs to nobody else', async () => {
    const reads = api.bearer(await api.token(ANN, 'read'));
    expect((await reads.call('POST', '/runs/r-1/stop')).json.code).toBe('scope_missing');
    expect((await reads.call('POST', '/runs/r-1/again', { body: {} })).json.code).toBe('scope_missing');
    expect((await api.person(BOB).call('POST', '/runs/r-1/stop')).status).toBe(404);
    expect((await api.person(BOB).call('POST', '/runs/r-1/again', { body: {} })).status).toBe(404);
  });

  it('gives one of its events by its number', async () => {
    const start = '{"type":"start","run_id":"r-1","attempt":2}\n{"type":"text","content":"Hi"}\n';
    await api.folders.write('scout', 'events/2026-11-27T12-00-01-000Z.jsonl', start);
    expect((await ann().get('/runs/r-1/events/2')).json).toEqual({
      id: '2',
      attempt: 2,
      event: { type: 'text', content: 'Hi' },
    });
    expect((await ann().get('/runs/r-1/events/3')).status).toBe(404);
    expect((await ann().get('/runs/r-1/events/x')).status).toBe(400);
  });
});
