/** Invariant 6: what the agent put into its folder, or a client into a path, leads nowhere else. */
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const ABOUT = { path: 'SKILL.md', content: '---\nname: x\ndescription: y\n---\n' };

describe('files, memory and skills under attack', () => {
  let api: ApiFixture;
  let folder: string;
  let outside: string;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addAgent('victim', ANN);
    folder = join(api.paths.agents, 'scout');
    outside = join(dirname(api.paths.agents), 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'SKILL.md'), 'SECRET');
    writeFileSync(join(outside, 'secret'), 'SECRET');
  });
  afterEach(async () => {
    expect(readdirSync(outside).sort()).toEqual(['SKILL.md', 'secret']);
    for (const name of readdirSync(outside)) expect(readFileSync(join(outside, name), 'utf8')).toBe('SECRET');
    expect(readFileSync(join(api.paths.agents, 'victim/MEMORY.md'), 'utf8')).toBe('# victim\n');
    await api.dispose();
  });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { 'if-match': '*' },
  ) => {
    const answer = await api.person(ANN).call(method, `/agents/scout${path}`, { body, headers });
    expect(answer.text).not.toMatch(/SECRET|victim/);
    return answer;
  };
  const putSkill = () => call('PUT', '/skills/x', { files: [ABOUT] }, {});

  it.each([
    '..%2fvictim%2fMEMORY.md',
    '%2e%2e%2fvictim/MEMORY.md',
    'skills%2f..%2f..%2fvictim%2fMEMORY.md',
    '%2fetc%2fpasswd',
    'a%2f%2fb',
    '%2e',
    '.%2f.%2fMEMORY.md',
    '..%252fvictim%252fMEMORY.md',
    '%5c..%5cvictim%5cMEMORY.md',
    'a%00b',
    `${'a/'.repeat(20)}b`,
    'x'.repeat(300),
  ])('gives nothing for the path %s', async (path) => {
    const got = await call('GET', `/files/${path}`);
    expect([400, 404]).toContain(got.status);
    const listed = await call('GET', `/files?folder=${path}`);
    if (listed.status !== 400) expect(listed.json.data).toEqual([]);
  });

  it('gives nothing for a path that the URL itself resolves', async () => {
    for (const path of ['/files/../../victim/memory', '/files/%2e%2e/%2e%2e/victim/files/MEMORY.md']) {
      const answer = await api.raw('operator', `/agents/scout${path}`);
      // It is a request for the other agent, as whoever makes it may make it openly.
      expect(new URL(`http://x/agents/scout${path}`).pathname).toContain('/victim/');
      expect(answer.status).toBe(200);
    }
  });

  it.each(['..', '.x', 'A', 'a b', 'a--b', '-a', 'a_b', 'x'.repeat(65), '%2e%2e', 'a%2fb', 'a%00'])(
    'takes no skill of the name %s',
    async (name) => {
      const encoded = name === '..' ? '%2e%2e%2f' : name;
      for (const [method, body] of [['PUT', { files: [ABOUT] }], ['GET'], ['DELETE']] as const) {
        expect((await call(method, `/skills/${encoded}`, body)).status).toBeGreaterThanOrEqual(400);
      }
    },
  );

  it.each(['../x', '..', '/x', 'a//b', 'a/./b', 'a/../b', '.hidden', 'a/.b', '-x', 'a\\b', 'a\nb', 'é', ''])(
    'takes no file of the path %j into a skill',
    async (path) => {
      const refused = await call('PUT', '/skills/x', { files: [ABOUT, { path, content: 'x' }] });
      expect(refused.json).toMatchObject({ code: 'invalid_request' });
      expect(readdirSync(join(folder, 'skills'))).toEqual([]);
    },
  );

  it('reads no link, hard link, pipe or device, and nothing behind a linked folder', async () => {
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    linkSync(join(outside, 'secret'), join(folder, 'hard'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync(outside, join(folder, 'linked'));
    for (const name of ['link', 'hard', 'pipe', 'linked']) {
      expect((await call('GET', `/files/${name}`)).json.code).toBe('conflict');
    }
    expect((await call('GET', '/files/linked/secret')).status).toBe(404);
    expect((await call('GET', '/files?folder=linked')).json.data).toEqual([]);
    rmSync(join(outside, 'secret'));
    writeFileSync(join(outside, 'secret'), 'SECRET');
  });

  it('neither reads nor writes memory through a link', async () => {
    rmSync(join(folder, 'MEMORY.md'));
    symlinkSync(join(outside, 'secret'), join(folder, 'MEMORY.md'));
    expect((await call('GET', '/memory')).json.code).toBe('conflict');
    expect((await call('PUT', '/memory', 'mine')).json.code).toBe('conflict');
    rmSync(join(folder, 'MEMORY.md'));
    mkdirSync(join(folder, 'MEMORY.md'));
    expect((await call('PUT', '/memory', 'mine')).json.code).toBe('conflict');
  });

  it('changes config.json without following a link', async () => {
    rmSync(join(folder, 'config.json'));
    symlinkSync(join(outside, 'secret'), join(folder, 'config.json'));
    const changed = await call('PATCH', '', { model: 'opus' });
    expect(changed.json).toMatchObject({ model: 'opus' });
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toEqual({ model: 'opus' });
  });

  it('puts a skill where the agent had put a link, and the link is gone', async () => {
    symlinkSync(outside, join(folder, 'skills/x'));
    expect((await call('GET', '/skills/x')).status).toBe(404);
    expect((await call('GET', '/skills/x/SKILL.md')).status).toBe(404);
    expect((await call('DELETE', '/skills/x')).status).toBe(404);
    expect((await call('DELETE', '/skills/x/SKILL.md')).status).toBe(409);
    expect((await putSkill()).status).toBe(200);
    expect(readFileSync(join(folder, 'skills/x/SKILL.md'), 'utf8')).toBe(ABOUT.content);
  });

  it('writes no file of a skill through a linked folder, and takes the place of a link', async () => {
    await putSkill();
    symlinkSync(outside, join(folder, 'skills/x/data'));
    symlinkSync(join(outside, 'secret'), join(folder, 'skills/x/more'));
    const body = new Uint8Array([1]);
    expect((await call('PUT', '/skills/x/data/secret', body)).json.code).toBe('conflict');
    expect((await call('GET', '/skills/x/data/secret')).status).toBe(404);
    expect((await call('DELETE', '/skills/x/data/secret')).status).toBe(404);
    expect((await call('PUT', '/skills/x/more', body)).status).toBe(200);
    expect(lstatSync(join(folder, 'skills/x/more')).isFile()).toBe(true);
  });

  it('removes a skill with links in it, and nothing behind them', async () => {
    await putSkill();
    symlinkSync(outside, join(folder, 'skills/x/data'));
    symlinkSync(join(outside, 'secret'), join(folder, 'skills/x/more'));
    expect((await call('DELETE', '/skills/x')).status).toBe(204);
    expect(readdirSync(join(folder, 'skills'))).toEqual([]);
  });

  it('says so where the folder of skills is none', async () => {
    rmSync(join(folder, 'skills'), { recursive: true });
    symlinkSync(outside, join(folder, 'skills'));
    expect((await putSkill()).json.code).toBe('conflict');
    expect((await call('GET', '/skills')).json.data).toEqual([]);
    rmSync(join(folder, 'skills'));
    expect((await putSkill()).status).toBe(200);
  });

  it('ends soon where an agent fills a skill with folders', async () => {
    await putSkill();
    for (let i = 0; i < 30; i++) {
      for (let j = 0; j < 30; j++) mkdirSync(join(folder, `skills/x/${i}/${j}/a/b/c`), { recursive: true });
    }
    expect((await call('GET', '/skills/x')).status).toBe(200);
    expect((await call('GET', '/skills')).json.data).toMatchObject([{ name: 'x', files: 1 }]);
    expect((await call('DELETE', '/skills/x')).status).toBe(204);
  });

  it('ends where an agent nests without end or fills a skill', async () => {
    await putSkill();
    mkdirSync(join(folder, 'skills/x', ...Array.from({ length: 100 }, () => 'd')), { recursive: true });
    for (let i = 0; i < 600; i++) writeFileSync(join(folder, `skills/x/f${i}`), '');
    expect((await call('GET', '/skills/x')).json.files.length).toBeLessThan(500);
    expect((await call('PUT', '/skills/x/more', new Uint8Array([1]))).json.code).toBe('conflict');
    expect((await call('DELETE', '/skills/x')).json.code).toBe('conflict');
    expect((await call('GET', '/skills/x')).status).toBe(404);
  });
});
