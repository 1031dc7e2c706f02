/** A skill as a zip archive, which anybody may have made: checked whole before anything is written, and put over nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byteBudget } from '@tinyfat/core';
import { duringLock } from '@tinyfat/testing/during-lock';
import { makeZip, type ZipEntry } from '@tinyfat/testing/make-zip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const about = (head = 'name: tea\ndescription: Makes tea.'): ZipEntry => ({
  name: 'SKILL.md',
  content: `---\n${head}\n---\n`,
  mode: 0o100644,
});

describe('a skill from an archive', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());

  const send = (body: Uint8Array, query = '', headers: Record<string, string> = {}) =>
    api.person(ANN).call('POST', `/agents/scout/skills${query}`, {
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/zip', ...headers },
    });
  const add = (entries: ZipEntry[], query?: string, headers?: Record<string, string>) =>
    send(makeZip(entries), query, headers);
  const folder = () => join(api.paths.agents, 'scout/skills');
  const note = () => readFileSync(join(folder(), 'tea/note'), 'utf8');

  it('is there under the name in its SKILL.md, with its programs, without what is hidden', async () => {
    const run = { name: 'my/bin/run', content: '#!/bin/sh\n', mode: 0o100755 };
    const added = await add([{ ...about(), name: 'my/SKILL.md' }, run, { name: 'my/.git/config' }]);
    expect([added.status, added.json.name, added.json.warnings]).toEqual([201, 'tea', []]);
    expect(added.json.files).toEqual([
      { path: 'SKILL.md', bytes: 42, executable: false },
      { path: 'bin/run', bytes: 10, executable: true },
    ]);
    expect(added.headers.get('etag')).toBe(added.json.etag);
  });

  it.each<[string, ZipEntry[]]>([
    ['no name', [about('description: Makes tea.')]],
    ['with a description', [about('name: tea')]],
    ['no front matter', [{ name: 'SKILL.md', content: 'Makes tea.' }]],
    ['name in SKILL.md can not be used', [about('name: ../tea\ndescription: x')]],
    ['name in SKILL.md can not be used', [about('name: Tea\ndescription: x')]],
    ['no SKILL.md', [{ name: 'README.md' }]],
    ['invalid relative path', [about(), { name: '../tea/evil' }]],
    ['absolute path', [about(), { name: '/etc/evil' }]],
    ['is a link', [about(), { name: 'evil', content: '/etc/passwd', mode: 0o120777 }]],
    ['differ only in case', [about(), { name: 'a' }, { name: 'A' }]],
    ['x is damaged', [about(), { name: 'x', content: 'x'.repeat(99), claims: { size: 9 } }]],
    ['at most 10485760 bytes', [about(), { name: 'x', claims: { size: 4_000_000_000 } }]],
    ['at most 200 files', [about(), ...Array.from({ length: 200 }, (_, at) => ({ name: `f${at}` }))]],
  ])('is refused with the reason: %s', async (reason, entries) => {
    const refused = await add(entries);
    expect([refused.status, refused.json.code]).toEqual([400, 'invalid_request']);
    expect(refused.json.detail).toContain(reason);
    expect(existsSync(folder()) ? readdirSync(folder()) : []).toEqual([]);
  });

  it('is nothing else than an archive, and no longer than it may be', async () => {
    expect((await send(new TextEncoder().encode('no archive'))).json.detail).toContain('no zip archive');
    expect((await send(new Uint8Array())).status).toBe(400);
    const text = await send(makeZip([about()]), '', { 'content-type': 'text/plain' });
    expect(text.status).toBe(415);
    expect((await send(new Uint8Array(16_000_001))).status).toBe(413);
  });

  it('is put over none that is there, unless that one was looked at', async () => {
    const entries = (text: string) => [about(), { name: 'note', content: text }];
    await add(entries('first'));
    const there = await add(entries('second'));
    expect([there.status, there.json.code]).toEqual([409, 'conflict']);
    expect((await add(entries('second'), '?replaces=tea')).status).toBe(428);
    expect((await add(entries('second'), '?replaces=coffee', { 'if-match': '*' })).json.detail).toBe(
      'The archive holds the skill tea, not coffee.',
    );
    expect(note()).toBe('first');
    const { etag } = (await api.person(ANN).get('/agents/scout/skills/tea')).json;
    await api.folders.write('scout', 'skills/tea/note', 'by the agent');
    const changed = await add(entries('second'), '?replaces=tea', { 'if-match': etag });
    expect([changed.status, note()]).toEqual([412, 'by the agent']);
    const now = (await api.person(ANN).get('/agents/scout/skills/tea')).json.etag;
    expect((await add(entries('second'), '?replaces=tea', { 'if-match': now })).status).toBe(201);
    expect([note(), readdirSync(folder())]).toEqual(['second', ['tea']]);
    const gone = await add([about('name: coffee\ndescription: x')], '?replaces=coffee', { 'if-match': '*' });
    expect(gone.status).toBe(412);
  });

  it('sees what another puts in its place while it is written', async () => {
    const last = () => api.folders.write('scout', 'skills/tea/SKILL.md', 'theirs');
    const late = await duringLock(api.db, ['files:scout'], { last }, () => add([about()]));
    expect([late.status, readFileSync(join(folder(), 'tea/SKILL.md'), 'utf8')]).toEqual([409, 'theirs']);
  });

  it('that is put file by file wants the same where the client says so', async () => {
    const put = (headers: Record<string, string>) =>
      api.person(ANN).call('PUT', '/agents/scout/skills/tea', {
        body: { files: [{ path: 'SKILL.md', content: '---\ndescription: x\n---\n' }] },
        headers,
      });
    expect((await put({ 'if-match': '"x"' })).status).toBe(412);
    const { etag } = (await put({ 'if-none-match': '*' })).json;
    expect((await put({ 'if-none-match': '*' })).status).toBe(412);
    expect((await put({ 'if-match': `"x", ${etag}` })).status).toBe(200);
  });

  it('is counted as large as it will be before it is inflated', async () => {
    api.budget = byteBudget(3 * 1024 * 1024);
    const packed = [about(), { name: 'x', content: new Uint8Array(4 * 1024 * 1024) }];
    const refused = await add(packed);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  });
});
