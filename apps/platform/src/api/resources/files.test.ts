import { duringLock } from '@tinyfat/testing/during-lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

describe('files and memory over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());
  const put = (body: string, headers: Record<string, string>) =>
    api.person(ANN).call('PUT', '/agents/scout/memory', { body, headers });
  const memory = async () => (await api.person(ANN).get('/agents/scout/memory')).text;

  it('lists a folder, the whole one or one below', async () => {
    await api.folders.write('scout', 'notes/a b/é%41.txt', 'x');
    const names = async (query: string) =>
      (await api.person(ANN).get(`/agents/scout/files${query}`)).json.data.map(
        ({ kind, name, size }: { kind: string; name: string; size: number }) =>
          kind === 'file' ? `${name} ${size}` : `${name}/`,
      );
    expect(await names('')).toContain('notes/');
    expect(await names('?folder=notes/a%20b/')).toEqual(['é%41.txt 1']);
    expect(await names('?folder=none')).toEqual([]);
  });

  it('goes on behind the entry that a page ended with, also where others come and go', async () => {
    for (const name of ['a', 'b', `${'\u0001'.repeat(200)}c`, 'd'])
      await api.folders.write('scout', `notes/${name}`, '');
    const page = async (cursor: string) => {
      const query = `?folder=notes&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { data, next_cursor } = (await api.person(ANN).get(`/agents/scout/files${query}`)).json;
      return { name: data[0]?.name, next: next_cursor };
    };
    const first = await page('');
    expect(first.name).toMatch(/^\u0001+c$/);
    const second = await page(first.next);
    expect(second.name).toBe('a');
    await api.folders.unlink('scout', 'notes/a');
    await api.folders.write('scout', 'notes/0', '');
    expect((await page(second.next)).name).toBe('b');
  });

  it('gives a file as a download, whatever its name', async () => {
    await api.folders.write('scout', 'notes/a b/é%41.html', '<script>alert(1)</script>');
    const file = await api.person(ANN).get('/agents/scout/files/notes/a%20b/%C3%A9%2541.html');
    expect(file.text).toBe('<script>alert(1)</script>');
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="_41.html"; filename*=UTF-8''%C3%A9%2541.html`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
    });
    const missing = await api.person(ANN).get('/agents/scout/files/notes/none');
    expect(missing.json.code).toBe('not_found');
    expect((await api.person(ANN).get('/agents/scout/files/notes')).json).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('is a folder'),
    });
  });

  it('replaces the memory that was read, and tells its new tag', async () => {
    const read = await api.person(ANN).get('/agents/scout/memory');
    const tag = read.headers.get('etag') ?? '';
    const done = await put('# New\n', { 'if-match': `"other", ${tag}` });
    expect(done.json).toEqual({
      bytes: 6,
      etag: done.headers.get('etag'),
      turn_running: false,
      warnings: [],
    });
    expect((await api.person(ANN).get('/agents/scout/memory')).headers.get('etag')).toBe(done.json.etag);
    expect(await memory()).toBe('# New\n');
  });

  it('overwrites no change that somebody else made since', async () => {
    const tag = (await api.person(ANN).get('/agents/scout/memory')).headers.get('etag') ?? '';
    await api.folders.write('scout', 'MEMORY.md', 'by the agent');
    expect((await put('mine', { 'if-match': tag })).json).toMatchObject({
      status: 412,
      code: 'precondition_failed',
    });
    expect((await put('mine', {})).json).toMatchObject({ status: 428, code: 'precondition_required' });
    expect((await put('mine', { 'if-none-match': '*' })).status).toBe(412);
    expect(await memory()).toBe('by the agent');
    expect((await put('mine', { 'if-match': '*' })).status).toBe(200);
    expect(await memory()).toBe('mine');
  });

  it('lets one of many that write at once win, and tells the others', async () => {
    const tag = (await api.person(ANN).get('/agents/scout/memory')).headers.get('etag') ?? '';
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => put(`by ${i}`, { 'if-match': tag })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)]);
    expect(await memory()).toBe(`by ${answers.findIndex(({ status }) => status === 200)}`);
  });

  it('looks at the memory only when another change of it is over', async () => {
    const tag = (await api.person(ANN).get('/agents/scout/memory')).headers.get('etag') ?? '';
    const last = () => api.folders.write('scout', 'MEMORY.md', 'by another');
    const mine = () => put('mine', { 'if-match': tag });
    expect((await duringLock(api.db, ['files:scout'], { last }, mine)).status).toBe(412);
    expect(await memory()).toBe('by another');
  });

  it('makes a memory where there is none', async () => {
    await api.folders.unlink('scout', 'MEMORY.md');
    expect((await api.person(ANN).get('/agents/scout/memory')).status).toBe(404);
    expect((await put('x', { 'if-match': '*' })).status).toBe(412);
    expect((await put('x', { 'if-none-match': '*' })).status).toBe(200);
    expect(await memory()).toBe('x');
  });

  it('says that a turn runs, and what is too long for a prompt', async () => {
    await api.addMail('m-1');
    await api.db.updateTable('jobs').set({ state: 'running' }).execute();
    const done = await put('x'.repeat(70_000), { 'if-match': '*' });
    expect(done.json).toMatchObject({
      turn_running: true,
      warnings: [expect.stringContaining('first 65536 bytes')],
    });
    expect((await put('x'.repeat(257 * 1024), { 'if-match': '*' })).status).toBe(413);
    expect((await put('a\0b', { 'if-match': '*' })).json.detail).toContain('NUL');
  });
});
