import { endRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

describe('runs over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addAgent('other', ANN);
  });
  afterEach(() => api.dispose());

  it('are listed newest first, narrowed by agent and status', async () => {
    await api.addMail('r-1');
    await api.addMail('r-2', { agent_id: 'other' });
    await endRun(api.db, 'r-1', { status: 'done', finished_at: api.now, cost_usd: 0.25 });
    const ids = async (query: string) =>
      (await api.person(ANN).get(`/runs${query}`)).json.data.map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual(['r-2', 'r-1']);
    expect(await ids('?agent=other')).toEqual(['r-2']);
    expect(await ids('?status=done')).toEqual(['r-1']);
    expect((await api.person(ANN).get('/runs/r-1')).json).toMatchObject({
      agent: 'scout',
      mail: 'r-1',
      subject: 'Hello',
      sender: ANN,
      status: 'done',
      cost_usd: 0.25,
      finished_at: expect.stringMatching(/^2026-11-27T/),
    });
  });

  it('give their events of all attempts in order, page by page; others are left out', async () => {
    await api.addMail('r-1');
    await endRun(api.db, 'r-1', { status: 'done', finished_at: api.now });
    const start = (run: string) => `{"type":"start","run_id":"${run}"}`;
    const files = {
      '2026-11-27T12-00-01-000Z.jsonl': `${start('r-1')}\n{"type":"text","content":"a\\nb"}\nno JSON\n[1]\n`,
      '2026-11-27T12-00-02-000Z.jsonl': `${start('r-2')}\n{"type":"text","content":"not ours"}\n`,
      '2026-11-27T12-00-03-000Z.jsonl': `${start('r-1')}\n{"type":"end"}`,
      '2026-01-01T00-00-00-000Z.jsonl': `${start('r-1')}\n{"type":"text","content":"before the run"}\n`,
    };
    for (const [name, text] of Object.entries(files))
      await api.folders.write('scout', `events/${name}`, text);
    const types = (json: { data: { id: string; event: { type: string } }[] }) =>
      json.data.map(({ id, event }) => `${id} ${event.type}`);
    const all = await api.person(ANN).get('/runs/r-1/events');
    expect(types(all.json)).toEqual(['1 start', '2 text', '3 start', '4 end']);
    const first = await api.person(ANN).get('/runs/r-1/events?limit=3');
    expect(types(first.json)).toEqual(['1 start', '2 text', '3 start']);
    const rest = await api.person(ANN).get(`/runs/r-1/events?cursor=${first.json.next_cursor}`);
    expect(types(rest.json)).toEqual(['4 end']);
    const after = await api.person(ANN).get('/runs/r-1/events?after=1&limit=2');
    expect(types(after.json)).toEqual(['2 text', '3 start']);
    const last = await api.person(ANN).get('/runs/r-1/events?tail=true&limit=3');
    expect([types(last.json), last.json.next_cursor]).toEqual([['2 text', '3 start', '4 end'], null]);
  });
});
