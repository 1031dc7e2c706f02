/** The models of the pages over the real API. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../api/ask.ts';
import { ANN, type ApiFixture, BOB, openApi } from '../../api/test-support/api.ts';
import { editedFile, readForEdit, saveEdit } from './edit-file.ts';
import { readPlace, remove, upload } from './files.ts';
import { changeSession, readSessions, sessionRow } from './sessions.ts';
import { readTranscriptPage } from './transcript.ts';

const ONE = '01990000-0000-7000-8000-9f3a00000001';
const FILE = `sessions/2026-11-27T12-00-00-000Z_${ONE}.jsonl`;
const line = (value: unknown) => `${JSON.stringify(value)}\n`;
const NOWHERE = { cursor: undefined, offset: undefined };

describe('pages of a folder', () => {
  let api: ApiFixture;
  let ask: Ask;
  let stranger: Ask;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    const asker = (address: string) =>
      createAsk(api.deps)({
        viewer: { address, isAdmin: false },
        request: new Request('http://test.example/'),
        from: { clientAddress: '192.0.2.7', local: false },
        reservation: api.budget.open(),
      });
    ask = asker(ANN);
    stranger = asker(BOB);
  });
  afterEach(() => api.dispose());
  const fields = (given: Record<string, string>) => new URLSearchParams(given);

  it('say of a session what it was about, and let it be changed', async () => {
    await api.folders.write(
      'scout',
      FILE,
      line({ type: 'message', message: { role: 'user', content: 'Hello' } }),
    );
    const page = await readSessions(ask, 'scout', undefined);
    expect(page.ok && page.beginsAnew).toBe(true);
    expect(page.ok && page.rows).toMatchObject([
      { title: 'Hello', hash: '9f3a', facts: ['no finished turn', '63 bytes'], currentFor: null },
    ]);
    expect(await changeSession(ask, 'scout', fields({ does: 'current', id: ONE }))).toEqual({
      ok: true,
      done: 'current',
    });
    expect(await changeSession(stranger, 'scout', fields({ does: 'clear', id: ONE }))).toMatchObject({
      status: 404,
    });
    expect(await changeSession(ask, 'scout', fields({ does: 'clear', id: ONE }))).toEqual({
      ok: true,
      done: 'clear',
    });
    expect(await changeSession(ask, 'scout', fields({ does: 'clear', id: ONE }))).toMatchObject({
      status: 409,
    });
    expect(await changeSession(ask, 'scout', fields({ does: '__proto__', id: ONE }))).toMatchObject({
      status: 400,
    });
  });

  it('say where the count of turns stopped, and for whom a session is current', () => {
    const session = {
      id: ONE,
      hash: '9f3a',
      subject: 'Hi',
      first_line: null,
      cost_usd: 12.5,
      last_used_at: '',
      bytes: 10,
    };
    const counted = { ...session, turns: 200, more_turns: true, current: true };
    expect(sessionRow({ ...counted, current_for: ['sender:cy@example.net'] })).toMatchObject({
      facts: ['200+ turns', 'more than $12.50', '10 bytes'],
      currentFor: 'current for cy@example.net',
    });
    expect(sessionRow({ ...counted, current_for: ['thread:<a@b>'] }).currentFor).toBe(
      'current for its thread',
    );
    expect(sessionRow({ ...counted, current_for: ['thread:<a@b>', 'thread:<c@d>'] }).currentFor).toBe(
      'current for 2',
    );
  });

  it('fold up what tools did, and open what failed', async () => {
    const message = (role: string, more: object) => line({ type: 'message', message: { role, ...more } });
    const call = { type: 'toolCall', name: 'bash', arguments: { command: 'ls' } };
    await api.folders.write(
      'scout',
      FILE,
      message('assistant', {
        content: [{ type: 'text', text: 'I look.' }, call],
        model: 'claude-haiku-4-5',
      }) + message('toolResult', { toolName: 'bash', isError: true, content: 'x'.repeat(5000) }),
    );
    const page = await readTranscriptPage(
      ask,
      { agent: 'scout', id: ONE },
      { cursor: undefined, entry: undefined, end: false },
    );
    if (!page.ok) throw new Error(page.detail);
    const [answer, result] = page.entries;
    expect(answer).toMatchObject({
      label: 'Agent',
      note: 'claude-haiku-4-5',
      parts: [{ summary: null }, { summary: 'Calls bash', open: false }],
    });
    expect(result).toMatchObject({
      label: 'Result of bash',
      failed: true,
      parts: [{ open: true, cut: '4,000 of 5,000 characters' }],
    });
    const whole = await readTranscriptPage(
      ask,
      { agent: 'scout', id: ONE },
      { cursor: undefined, entry: result?.cursor, end: false },
    );
    expect(whole.ok && whole.entries[0]?.parts[0]).toMatchObject({ cut: null, text: 'x'.repeat(5000) });
    await api.folders.write(
      'scout',
      FILE,
      Array.from({ length: 60 }, (_, at) => message('user', { content: `mail ${at}` })).join(''),
    );
    const last = await readTranscriptPage(
      ask,
      { agent: 'scout', id: ONE },
      { cursor: undefined, entry: undefined, end: true },
    );
    expect(last.ok && last.entries.map(({ parts }) => parts[0]?.text)).toEqual(
      Array.from({ length: 25 }, (_, at) => `mail ${35 + at}`),
    );
    expect(last).toMatchObject({ next: null });
  });

  it('list a folder in pages, and never lead to what has no name that can be asked for', async () => {
    for (let at = 0; at < 49; at++) await api.folders.write('scout', `many/f${at}`, 'x');
    await api.folders.write('scout', 'many/odd\nname%41', 'x');
    await api.folders.write('scout', 'many/z 1#?.txt', 'x');
    const first = await readPlace(ask, 'scout', 'many', NOWHERE);
    if (!first.ok || first.place.kind !== 'folder') throw new Error('no folder');
    expect(first.place.rows).toHaveLength(50);
    expect(first.place.rows.at(-1)).toMatchObject({ name: 'odd\\nname%41', href: null });
    const second = await readPlace(ask, 'scout', 'many', { ...NOWHERE, cursor: first.place.next ?? '' });
    expect(second).toMatchObject({
      place: { rows: [{ href: '/agents/scout/files/many/z%201%23%3F.txt' }], next: null },
    });
    expect(await readPlace(stranger, 'scout', 'many', NOWHERE)).toMatchObject({ ok: false, status: 404 });
    expect(await readPlace(ask, 'scout', 'none', NOWHERE)).toMatchObject({ ok: false, status: 404 });
  });

  it('let files be put and removed only where they are the owner’s', async () => {
    const put = (folder: string, name: string, replace = false) =>
      upload(ask, 'scout', folder, { name, bytes: new Uint8Array([1]), replace });
    expect(await put('', 'a.bin')).toEqual({ ok: true, done: 'put' });
    expect(await put('', 'a.bin')).toMatchObject({ ok: false, nextStep: expect.stringContaining('Replace') });
    expect(await put('', 'a.bin', true)).toMatchObject({ ok: true });
    expect(await put('', '')).toMatchObject({ detail: 'No file was chosen.' });
    expect(await put('', '../x')).toMatchObject({ status: 400 });
    expect(await put('', '..')).toMatchObject({ status: 400 });
    expect(await put('outbox/email', 'x.json')).toMatchObject({ status: 409 });
    const places = await Promise.all(
      ['', 'outbox', 'a.bin', 'MEMORY.md'].map((path) => readPlace(ask, 'scout', path, NOWHERE)),
    );
    expect(places).toMatchObject([
      { place: { puts: true } },
      { place: { puts: false } },
      { place: { removes: true, text: expect.any(String) } },
      { place: { removes: false } },
    ]);
    expect(await remove(ask, 'scout', 'a.bin')).toMatchObject({ ok: true });
  });

  it('edit over what was read, and give back what was typed where somebody was faster', async () => {
    expect([editedFile('MEMORY.md'), editedFile('notes/MEMORY.md')]).toEqual(['MEMORY.md', null]);
    const read = await readForEdit(ask, 'scout', 'MEMORY.md');
    const tag = (read.ok && read.form?.tag) || '';
    expect(read).toMatchObject({ form: { text: '# scout\n', stored: null } });
    await api.folders.write('scout', 'MEMORY.md', 'theirs\n');
    const save = (text: string, over: string) =>
      saveEdit(ask, 'scout', 'MEMORY.md', fields({ text, tag: over }));
    const refused = await save('mine\r\nsecond', tag);
    const now = `"${createHash('sha256').update('theirs\n').digest('hex').slice(0, 32)}"`;
    expect(refused).toMatchObject({
      ok: false,
      form: { text: 'mine\nsecond', tag: now, stored: 'theirs\n' },
    });
    expect(await save('mine\r\nsecond', now)).toEqual({ ok: true, done: 'saved' });
    const stored = await api.folders.read('scout', 'MEMORY.md', 100);
    expect(stored.ok && new TextDecoder().decode(stored.bytes)).toBe('mine\nsecond');
    expect(await save('blind', '')).toMatchObject({ ok: false, refusal: { code: 'precondition_failed' } });
    expect(await save('x'.repeat(300_000), '*')).toMatchObject({
      refusal: { status: 413 },
      form: { tag: '*' },
    });
    expect(await save('x'.repeat(70_000), '*')).toEqual({ ok: true, done: 'saved-long' });
  });

  it('begin a file that is not there, and edit none that is no text or too long', async () => {
    await api.folders.unlink('scout', 'config.json');
    expect(await readForEdit(ask, 'scout', 'config.json')).toEqual({
      ok: true,
      form: { text: '', tag: '', stored: null },
    });
    expect(
      await saveEdit(ask, 'scout', 'config.json', fields({ text: '{"model":"opus"}', tag: '' })),
    ).toMatchObject({ ok: true });
    await api.folders.write('scout', 'MEMORY.md', new Uint8Array([0x61, 0]));
    expect(await readForEdit(ask, 'scout', 'MEMORY.md')).toEqual({ ok: true, form: null });
    await api.folders.write('scout', 'MEMORY.md', 'x'.repeat(300_000));
    expect(await readForEdit(ask, 'scout', 'MEMORY.md')).toEqual({ ok: true, form: null });
  });
});
