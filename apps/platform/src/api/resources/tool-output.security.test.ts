/** The whole output of a tool is read from the session, which the agent can write: bounded, its own alone, and only text. */
import { noteTurnBegins } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const SESSION = '019eb1e2-0000-7000-8000-000000000001';
const FILE = `sessions/2026-11-27T12-00-00-000Z_${SESSION}.jsonl`;
const SCRIPT = '<script>alert(1)</script>';

const line = (value: unknown) => `${JSON.stringify(value)}\n`;
const mark = (run_id: string, attempt = 1) =>
  line({ type: 'custom', customType: 'tinyfat.run', data: { run_id, attempt, outbox: {} } });
const gave = (toolCallId: string, text: string, more: object = {}) =>
  line({
    type: 'message',
    message: { role: 'toolResult', toolCallId, toolName: 'bash', content: [{ type: 'text', text }], ...more },
  });

describe('the whole output of a tool', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('r-1');
    const events = [
      { type: 'start', run_id: 'r-1' },
      { type: 'tool_call', id: 'call-1', name: 'bash', args: {} },
      {
        type: 'tool_result',
        id: 'call-1',
        name: 'bash',
        output: 'the beg',
        is_error: false,
        full_length: 9000,
      },
      { type: 'text', content: 'done' },
      { type: 'tool_call', id: '"../x', name: 'bash', args: {} },
    ];
    await api.folders.write('scout', 'events/2026-11-27T12-00-01-000Z.jsonl', events.map(line).join(''));
  });
  afterEach(() => api.dispose());

  const inSession = () => noteTurnBegins(api.db, 'r-1', { session_id: SESSION, model: 'claude-haiku-4-5' });
  const write = (...lines: string[]) => api.folders.write('scout', FILE, lines.join(''));
  const output = (query = '', event = 2) => api.person(ANN).get(`/runs/r-1/events/${event}/output${query}`);

  it('is given for the call and for its result, as it is', async () => {
    await inSession();
    await write(mark('r-1'), gave('call-1', `${SCRIPT}\0é`));
    const whole = {
      tool: 'bash',
      failed: false,
      bytes: 28,
      text: `${SCRIPT}\0é`,
      offset: 0,
      next_offset: null,
    };
    expect((await output()).json).toEqual(whole);
    expect((await output('', 3)).json).toEqual(whole);
  });

  it('is given in pieces that cut no character', async () => {
    await inSession();
    const text = '😀é'.repeat(20_000);
    await write(mark('r-1'), gave('call-1', text, { isError: true }));
    let read = '';
    let pages = 0;
    for (let offset: number | null = 0; offset !== null; pages++) {
      const { json } = await output(`?offset=${offset}`);
      expect([json.bytes, json.failed, json.offset]).toEqual([120_000, true, offset]);
      read += json.text;
      offset = json.next_offset;
    }
    expect([read === text, pages]).toEqual([true, 3]);
    expect((await output('?offset=2')).json).toMatchObject({ offset: 0 });
    expect((await output('?offset=999999999')).json).toMatchObject({ text: '', next_offset: null });
  });

  it('is that of this attempt at this run, whatever other calls are named alike', async () => {
    await inSession();
    await write(
      gave('call-1', 'before any run'),
      mark('r-0'),
      gave('call-1', 'of another run'),
      mark('r-1'),
      line({ type: 'message', message: { role: 'user', content: 'call-1' } }),
      gave('call-10', 'of another call'),
      gave('call-1', 'first'),
      gave('call-1', 'this'),
      mark('r-1', 2),
      gave('call-1', 'of another attempt'),
      mark('r-2'),
      gave('call-1', 'of a later run'),
    );
    expect((await output()).json.text).toBe('this');
  });

  it('is none of an event that is no call, or names none that can be', async () => {
    await inSession();
    await write(mark('r-1'), gave('call-1', 'x'));
    for (const event of [1, 4, 5, 6]) expect((await output('', event)).status).toBe(404);
  });

  it('says so where the session is gone, or has nothing of it', async () => {
    const gone = { status: 409, code: 'conflict', detail: 'The session of this run is not there any more.' };
    expect((await output()).json).toMatchObject(gone);
    await inSession();
    expect((await output()).json).toMatchObject(gone);
    await write(mark('r-1'), gave('call-2', 'x'), '{"call-1', '\n[]\nnull\n');
    expect((await output()).json.detail).toBe('The session of this run has nothing of this call.');
  });

  it('ends where the file is made to be endless or costly', async () => {
    await inSession();
    await write(mark('r-1'), `${'x'.repeat(3_000_000)}call-1\n`, gave('call-1', 'found'));
    expect((await output()).json.text).toBe('found');
    await write(mark('r-1'), gave('call-1', 'x'.repeat(3_000_000)), gave('call-2', 'x'));
    expect((await output()).json.detail).toContain('too long');
    let reads = 0;
    const endless = new TextEncoder().encode(`["call-1"${' '.repeat(502)}]\n`.repeat(1024));
    const { readFrom } = api.deps.folders;
    api.deps.folders.readFrom = async (agent, path, offset, most) => {
      if (path !== FILE) return await readFrom(agent, path, offset, most);
      reads++;
      const first = new TextEncoder().encode(mark('r-1'));
      return { ok: true, bytes: offset === 0 ? new Uint8Array([...first, ...endless]) : endless };
    };
    expect((await output()).json.detail).toContain('too long');
    expect(reads).toBe(128);
  });
});
