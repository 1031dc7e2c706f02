import { currentSession, endRun, setCurrentSession } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const ONE = '01990000-0000-7000-8000-9f3a00000001';
const TWO = '01990000-0000-7000-8000-b0a200000002';
const path = (id: string) => `sessions/2026-11-27T12-00-00-000Z_${id}.jsonl`;
const HEADER = '{"type":"session","version":3}\n';
const said = (text: string) =>
  `${JSON.stringify({ type: 'message', message: { role: 'user', content: text } })}\n`;

describe('sessions over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addAgent('other', ANN);
  });
  afterEach(() => api.dispose());
  const get = (rest = '') => api.person(ANN).get(`/agents/scout/sessions${rest}`);
  const current = (method: 'PUT' | 'DELETE', id: string) =>
    api.person(ANN).call(method, `/agents/scout/sessions/${id}/current`);
  const turn = async (id: string, session: string, cost_usd: number, sender = ANN) => {
    await api.addMail(id, { sender, sender_base: sender });
    await endRun(api.db, id, { status: 'done', finished_at: api.now, session_id: session, cost_usd });
  };
  const config = (text: string) => api.folders.write('scout', 'config.json', text);

  it('are listed with what is on record of them, and give their files', async () => {
    await api.folders.write('scout', path(ONE), HEADER);
    await api.folders.write('scout', 'sessions/notes.txt', 'no session');
    await turn('r-1', ONE, 0.25);
    await turn('r-2', ONE, 0.5);
    await setCurrentSession(api.db, { agentId: 'scout', scope: 'agent', sessionId: ONE, at: 1 });
    const expected = {
      id: ONE,
      hash: '9f3a',
      subject: 'Hello',
      first_line: null,
      turns: 2,
      cost_usd: 0.75,
      more_turns: false,
      last_used_at: expect.stringMatching(/^2026-11-27T/),
      bytes: HEADER.length,
      current: true,
      current_for: ['agent'],
    };
    expect((await get()).json.data).toEqual([expected]);
    expect((await get(`/${ONE}/facts`)).json).toEqual(expected);
    const file = await get(`/${ONE}`);
    expect([file.text, file.headers.get('content-type')]).toEqual([HEADER, 'application/jsonl']);
    expect((await api.person(ANN).get('/agents/other/sessions')).json.data).toEqual([]);
    expect((await api.person(ANN).get(`/agents/other/sessions/${ONE}`)).status).toBe(404);
    expect((await get(`/${TWO}/facts`)).status).toBe(404);
  });

  it('are shown by their first line where no subject is on record', async () => {
    const prompt =
      'A mail came in.\n<mail_text nonce="ab12">\n\n  Where is it?\nBye\n</mail_text nonce="ab12">\n';
    await api.folders.write('scout', path(ONE), HEADER + said(prompt));
    await api.folders.write('scout', path(TWO), 'no JSON\n');
    const rows = (await get()).json.data.map((row: { id: string; first_line: string }) => [
      row.id,
      row.first_line,
    ]);
    expect(Object.fromEntries(rows)).toEqual({ [ONE]: 'Where is it?', [TWO]: null });
  });

  it('come page by page, the one that was used last first', async () => {
    await api.folders.write('scout', path(ONE), HEADER);
    await api.folders.write('scout', path(TWO), HEADER);
    const first = await get('?limit=1');
    const second = await get(`?limit=1&cursor=${first.json.next_cursor}`);
    expect([first.json.data[0].id, second.json.data[0].id]).toEqual([TWO, ONE]);
    expect(second.json.next_cursor).toBe(null);
  });

  it('are made current and cleared, as the commands do by mail', async () => {
    await api.folders.write('scout', path(ONE), HEADER);
    const now = () => currentSession(api.db, 'scout', 'agent');
    expect((await current('DELETE', ONE)).json.code).toBe('conflict');
    expect((await current('PUT', ONE)).json).toEqual({ scopes: ['agent'], turn_running: false });
    expect(await now()).toBe(ONE);
    expect((await current('DELETE', ONE)).json).toEqual({ scopes: ['agent'], turn_running: false });
    expect(await now()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await now()).not.toBe(ONE);
    expect((await get()).json.data[0].current).toBe(false);
    // A session that was begun by the command has no file yet.
    expect((await current('PUT', (await now()) ?? '')).status).toBe(404);
    expect((await current('DELETE', TWO)).status).toBe(404);
  });

  it('become those of the sender or thread of their newest mail, where they are of one', async () => {
    await api.folders.write('scout', path(ONE), HEADER);
    await api.folders.write('scout', path(TWO), HEADER);
    await turn('r-1', ONE, 0, 'cy@example.net');
    await config('{"session_scope":"sender"}');
    await setCurrentSession(api.db, { agentId: 'scout', scope: 'agent', sessionId: ONE, at: 1 });
    expect((await get()).json.data.filter((row: { current: boolean }) => row.current)).toEqual([]);
    expect((await current('PUT', ONE)).json.scopes).toEqual(['sender:cy@example.net']);
    expect((await get(`/${ONE}/facts`)).json.current_for).toEqual(['sender:cy@example.net']);
    expect((await current('PUT', TWO)).json.detail).toContain('not on record with whom');
    await config('{"session_scope":"thread"}');
    expect((await current('PUT', ONE)).json.scopes).toEqual(['thread:<a@example.com>']);
  });

  it('say that a turn runs, which goes on where it began', async () => {
    await api.folders.write('scout', path(ONE), HEADER);
    await api.addMail('r-1');
    await api.db.updateTable('jobs').set({ state: 'running' }).execute();
    expect((await current('PUT', ONE)).json.turn_running).toBe(true);
  });
});
