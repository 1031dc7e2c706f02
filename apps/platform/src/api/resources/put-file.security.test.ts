/** Files that an owner puts, removes, reads as text and downloads all at once, in a folder that the agent fills. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readTar } from '@tinyfat/storage/tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const QUOTA = 1000;

describe('files that are put and taken', () => {
  let api: ApiFixture;
  let folder: string;
  let outside: string;
  beforeEach(async () => {
    api = await openApi({ folderQuotaBytes: QUOTA, archiveBounds: { bytes: 5000, entries: 30 } });
    await api.addAgent('scout', ANN);
    folder = join(api.paths.agents, 'scout');
    outside = join(dirname(api.paths.agents), 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'SECRET');
  });
  afterEach(async () => {
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('SECRET');
    await api.dispose();
  });
  const ann = () => api.person(ANN);
  const put = (path: string, bytes = 3, query = '') =>
    ann().call('PUT', `/agents/scout/files/${path}${query}`, { body: new Uint8Array(bytes).fill(0x61) });
  const remove = (path: string) => ann().call('DELETE', `/agents/scout/files/${path}`);
  const text = (path: string) => ann().get(`/agents/scout/view/${path}`);
  /** Paths in the archive with the text of each file, `/` for folders. */
  const archive = async () => {
    const answer = await api.raw(await api.token(ANN, 'read'), '/agents/scout/archive');
    const found = new Map<string, string>();
    for await (const { header, content } of readTar(answer.body ?? new ReadableStream())) {
      expect(header.path).toMatch(/^scout(\/|\.left-out\.txt$)/);
      expect(header.path.split('/')).not.toContain('..');
      expect(header.type).not.toBe('link');
      const pieces = [];
      for await (const piece of content) pieces.push(piece);
      found.set(header.path, header.type === 'folder' ? '/' : Buffer.concat(pieces).toString());
    }
    return found;
  };

  it.each([
    '..%2fother%2fx',
    '%2fetc%2fpasswd',
    'a%2f%2fb',
    'a%2f..%2fb',
    '%2e',
    'a%00b',
    'a%0ab',
    `${'a/'.repeat(20)}b`,
    'x'.repeat(300),
  ])('refuses the path %s', async (path) => {
    for (const answer of [
      await put(path),
      await put(path, 3, '?replace=true'),
      await remove(path),
      await text(path),
    ])
      expect([400, 404]).toContain(answer.status);
    expect(existsSync(join(api.paths.agents, 'other'))).toBe(false);
  });

  it.each([
    'outbox/email/x.json',
    'sessions/x.jsonl',
    'events/x',
    'skills/x/SKILL.md',
    'MEMORY.md',
    'config.json',
    'outbox',
  ])('leaves %s to whom it belongs', async (path) => {
    const before = existsSync(join(folder, path));
    for (const answer of [await put(path, 3, '?replace=true'), await remove(path)])
      expect(answer.json.code).toBe('conflict');
    expect(existsSync(join(folder, path))).toBe(before);
  });

  it('puts a new file, replaces one only when told to, and says that a turn runs', async () => {
    expect((await put('data/a.txt')).json).toEqual({ path: 'data/a.txt', bytes: 3, turn_running: false });
    expect((await put('data/a.txt', 5)).json).toMatchObject({
      code: 'conflict',
      detail: 'There is a file data/a.txt already.',
    });
    expect(readFileSync(join(folder, 'data/a.txt'), 'utf8')).toBe('aaa');
    await api.addMail('m-1');
    await api.db.updateTable('jobs').set({ state: 'running' }).execute();
    expect((await put('data/a.txt', 5, '?replace=true')).json.turn_running).toBe(true);
    expect(readFileSync(join(folder, 'data/a.txt'), 'utf8')).toBe('aaaaa');
    expect((await put('data')).json.detail).toContain('is a folder');
    expect((await put('data/a.txt/b')).json.detail).toContain('is no folder');
    expect((await remove('data')).json.detail).toContain('is a folder');
    expect((await remove('data/a.txt')).status).toBe(204);
    expect((await remove('data/a.txt')).status).toBe(404);
  });

  it('follows no link, on the way or at the end, and removes one without a look', async () => {
    symlinkSync(outside, join(folder, 'way'));
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    linkSync(join(outside, 'secret'), join(folder, 'hard'));
    for (const path of ['way/secret', 'way/new', 'link', 'hard']) {
      expect((await text(path)).text).not.toContain('SECRET');
      expect([404, 409]).toContain((await put(path)).status);
    }
    expect((await put('way/secret', 3, '?replace=true')).status).toBe(409);
    expect((await put('link', 3, '?replace=true')).status).toBe(200);
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('aaa');
    expect((await put('hard', 3, '?replace=true')).status).toBe(200);
    expect((await remove('way/secret')).status).toBe(404);
    expect((await remove('way')).status).toBe(204);
    expect(existsSync(outside)).toBe(true);
  });

  it('puts no more into a folder than it may hold, and counts what was refused to nobody', async () => {
    await api.db
      .updateTable('agents')
      .set({ folder_bytes: QUOTA - 10 })
      .execute();
    expect((await put('a', 11)).json).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('would hold more'),
    });
    expect((await put('a', 6)).status).toBe(200);
    expect((await put('a', 4)).json.detail).toContain('already');
    expect((await put('b', 4)).status).toBe(200);
    expect((await put('c', 1)).status).toBe(409);
    expect((await put('a', 1, '?replace=true')).status).toBe(200);
    expect((await put('c', 5)).status).toBe(200);
    expect((await put('d', 1)).status).toBe(409);
    expect((await remove('b')).status).toBe(204);
    expect((await put('d', 4)).status).toBe(200);
    expect((await put('e', 1)).json.next_step).toContain('Remove files');
  });

  it('reads text in pieces that end between characters, and no other bytes', async () => {
    await api.folders.write('scout', 'long.txt', 'é'.repeat(40_000));
    const first = (await text('long.txt?offset=1')).json;
    expect(first).toMatchObject({ size: 80_000, text: null, next_offset: null });
    await api.folders.write('scout', 'long.txt', `a${'é'.repeat(40_000)}`);
    const head = (await text('long.txt')).json;
    expect([head.next_offset, head.text.length]).toEqual([49_151, 24_576]);
    const rest = (await text(`long.txt?offset=${head.next_offset}`)).json;
    expect(head.text + rest.text).toBe(`a${'é'.repeat(40_000)}`);
    expect(rest.next_offset).toBe(null);
    await api.folders.write('scout', 'binary', new Uint8Array([0x61, 0, 0x62]));
    expect((await text('binary')).json.text).toBe(null);
    expect((await text('long.txt?offset=999999999')).json).toMatchObject({ text: '', next_offset: null });
  });

  it('says what lies at a path, and opens neither links nor files with a second name', async () => {
    mkdirSync(join(folder, 'empty'));
    symlinkSync(outside, join(folder, 'way'));
    linkSync(join(outside, 'secret'), join(folder, 'hard'));
    const kind = async (path: string) => (await text(path)).json.kind;
    expect(await Promise.all(['empty', 'outbox', 'way', 'hard', 'MEMORY.md'].map(kind))).toEqual([
      'folder',
      'folder',
      'other',
      'other',
      'file',
    ]);
    expect((await text('none')).status).toBe(404);
  });

  it('lists a folder in pages', async () => {
    const names = [];
    for (let cursor = ''; ; ) {
      const page = (await ann().get(`/agents/scout/files?limit=2${cursor}`)).json;
      names.push(...page.data.map(({ name }: { name: string }) => name));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(names).toEqual(['MEMORY.md', 'config.json', 'events', 'outbox', 'sessions', 'skills']);
  });

  it('gives all files in one archive, whose names lead nowhere else, and says what is not in it', async () => {
    writeFileSync(join(folder, '..\\..\\evil'), 'x');
    writeFileSync(join(folder, 'line\nbreak'), 'y');
    mkdirSync(join(folder, 'deep/down'), { recursive: true });
    writeFileSync(join(folder, 'deep/down', `${'n'.repeat(200)}.txt`), 'z');
    symlinkSync('/etc/passwd', join(folder, 'link'));
    linkSync(join(outside, 'secret'), join(folder, 'hard'));
    writeFileSync(join(folder, 'large'), 'x'.repeat(6000));
    const found = await archive();
    expect(found.get('scout/..\\..\\evil')).toBe('x');
    expect(found.get('scout/line\nbreak')).toBe('y');
    expect(found.get(`scout/deep/down/${'n'.repeat(200)}.txt`)).toBe('z');
    expect(found.get('scout/MEMORY.md')).toBe('# scout\n');
    expect(found.get('scout.left-out.txt')?.split('\n').sort()).toEqual([
      '',
      '"hard": it has a second name (hard link).',
      '"large": the archive would be larger than it may be.',
      '"link": it is a link.',
      'Left out of this archive:',
    ]);
  });

  it('ends an archive of a huge folder where it is said to, and as an archive', async () => {
    for (let at = 0; at < 500; at++) writeFileSync(join(folder, `f${at}`), '');
    const found = await archive();
    expect(found.size).toBe(32);
    expect(found.get('scout.left-out.txt')).toContain('after the first 30 entries is left out');
  });

  it('is read by tar(1), and closes what a client leaves', async () => {
    await api.folders.write('scout', 'big', 'x'.repeat(4000));
    const token = await api.token(ANN, 'read');
    const whole = Buffer.from(await (await api.raw(token, '/agents/scout/archive')).arrayBuffer());
    expect(execFileSync('tar', ['-tf', '-'], { input: whole }).toString()).toContain('scout/big\n');
    for (let at = 0; at < 30; at++) {
      const answer = await api.raw(token, '/agents/scout/archive');
      expect(answer.status).toBe(200);
      const reader = answer.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    }
  });

  it('edits config.json only where it was not changed meanwhile, and says what is wrong with it', async () => {
    const config = (body: string, headers: Record<string, string>) =>
      ann().call('PUT', '/agents/scout/config', {
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
    const tag = (await ann().get('/agents/scout/config')).headers.get('etag') ?? '';
    expect((await config('{}', {})).json.code).toBe('precondition_required');
    for (const [body, words] of [
      ['{"model":"haiku",\n"x" 1}', 'line 2, character 5'],
      ['[]', 'must be a JSON object'],
      ['{"model":\n  opus}', 'line 2, character 3'],
      ['', 'line 1, character 1'],
      ['{"session_scope":"all"}', '"session_scope" must be "agent", "sender" or "thread".'],
      ['{"model":"gpt"}', 'There is no model of that name'],
      [`{"x":${'['.repeat(100)}${']'.repeat(100)}}`, 'nested too deep'],
    ] as const)
      expect((await config(body, { 'if-match': tag })).json.detail).toContain(words);
    expect((await config('{"model":"opus","mine":1}', { 'if-match': tag })).status).toBe(200);
    expect((await config('{}', { 'if-match': tag })).json.code).toBe('precondition_failed');
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe('{"model":"opus","mine":1}');
  });
});
