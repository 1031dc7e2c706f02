import { statSync } from 'node:fs';
import { join } from 'node:path';
import { duringLock } from '@tinyfat/testing/during-lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const ABOUT = '---\nname: weather\ndescription: Tells the weather.\n---\nLook out of the window.\n';

describe('skills over the API', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
  });
  afterEach(() => api.dispose());
  const put = (files: object[], name = 'weather') =>
    api.person(ANN).call('PUT', `/agents/scout/skills/${name}`, { body: { files } });
  const about = { path: 'SKILL.md', content: ABOUT };
  const paths = (json: { files: { path: string; bytes: number }[] }) =>
    json.files.map(({ path, bytes }) => `${path} ${bytes}`);

  it('are put whole, shown, listed and read', async () => {
    const program = { path: 'bin/run.sh', content: 'aGkK', encoding: 'base64', executable: true };
    const made = await put([about, program]);
    expect(made.json).toMatchObject({ name: 'weather', turn_running: false, warnings: [] });
    expect(made.json.files).toEqual([
      { path: 'SKILL.md', bytes: ABOUT.length, executable: false },
      { path: 'bin/run.sh', bytes: 3, executable: true },
    ]);
    expect(statSync(join(api.paths.agents, 'scout/skills/weather/bin/run.sh')).mode & 0o111).toBe(0o111);
    expect((await api.person(ANN).get('/agents/scout/skills/weather')).json).toEqual(made.json);
    expect((await api.person(ANN).get('/agents/scout/skills')).json.data).toEqual([
      { name: 'weather', files: 2, bytes: ABOUT.length + 3 },
    ]);
    const file = await api.person(ANN).get('/agents/scout/skills/weather/bin/run.sh');
    expect([file.text, file.headers.get('content-disposition')]).toEqual([
      'hi\n',
      'attachment; filename="run.sh"',
    ]);
  });

  it('have two hundred files at most, also where another is added at that moment', async () => {
    await put([about]);
    for (let at = 0; at < 198; at++) await api.folders.write('scout', `skills/weather/f${at}`, 'x');
    const add = () => api.person(ANN).call('PUT', '/agents/scout/skills/weather/mine', { body: 'x' });
    const last = () => api.folders.write('scout', 'skills/weather/theirs', 'x');
    expect((await duringLock(api.db, ['files:scout'], { last }, add)).status).toBe(409);
  });

  it('take the place of the one before, with nothing left of it', async () => {
    await put([about, { path: 'old.txt', content: 'x' }]);
    const next = await put([about, { path: 'new.txt', content: 'x' }]);
    expect(paths(next.json)).toEqual([`SKILL.md ${ABOUT.length}`, 'new.txt 1']);
    expect((await api.folders.list('scout', 'skills', 10)).map(({ name }) => name)).toEqual(['weather']);
  });

  it('get and lose single files, but never their SKILL.md', async () => {
    await put([about]);
    const body = new Uint8Array([0, 255]);
    const path = '/agents/scout/skills/weather/data/x.bin';
    const added = await api.person(ANN).call('PUT', path, { body });
    expect(paths(added.json)).toEqual([`SKILL.md ${ABOUT.length}`, 'data/x.bin 2']);
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', path)).status).toBe(404);
    expect((await api.person(ANN).call('DELETE', '/agents/scout/skills/weather/SKILL.md')).status).toBe(409);
    expect((await api.person(ANN).call('PUT', '/agents/scout/skills/none/x.md', { body })).status).toBe(404);
  });

  it('are removed whole', async () => {
    await put([about, { path: 'a/b/c/d/e.txt', content: 'x' }]);
    expect((await api.person(ANN).call('DELETE', '/agents/scout/skills/weather')).status).toBe(204);
    expect((await api.person(ANN).call('DELETE', '/agents/scout/skills/weather')).status).toBe(404);
    expect(await api.folders.list('scout', 'skills', 10)).toEqual([]);
  });

  it('stay programs while their files are put one by one, until it is said otherwise', async () => {
    await put([about]);
    const putFile = async (query: string) => {
      const path = `/agents/scout/skills/weather/run.sh${query}`;
      const answer = await api.person(ANN).call('PUT', path, { body: new Uint8Array([1]) });
      return answer.json.files?.at(-1)?.executable ?? answer.json.detail;
    };
    expect(await putFile('')).toBe(false);
    expect(await putFile('?executable=true')).toBe(true);
    expect(await putFile('')).toBe(true);
    expect(await putFile('?executable=false')).toBe(false);
    expect(await putFile('?executable=yes')).toContain('true or false');
  });

  it.each([
    ['Just text.', 'no front matter'],
    ['---\nname: weather\n---\n', 'description'],
    ['---\nname: weather\ndescription: " "\n---\n', 'description'],
    ['---\nname: 7\ndescription: x\n---\n', 'a name'],
    ['---\nname: rain\ndescription: x\n---\n', 'another one than weather'],
    ['---\ndescription: "x\n---\n', 'front matter'],
    ['---\n- weather\n---\n', 'front matter'],
    [`---\ndescription: ${'x'.repeat(1025)}\n---\n`, '1024 characters'],
    [`---\n#${'é'.repeat(8000)}\ndescription: x\n---\n`, 'no front matter'],
    [`---\ndescription: x\n---\n${'x'.repeat(1_000_000)}`, '1000000 bytes'],
    [`---\n${'['.repeat(15_000)}\n---\n`, 'front matter'],
    [`---\nx: &x [1,2]\n${'y: [*x,*x,*x,*x,*x,*x]\n'.repeat(300)}description: y\n---\n`, 'front matter'],
  ])('are refused where the agent would not be told of them: %#', async (content, detail) => {
    await put([about]);
    for (const refused of [
      await put([{ path: 'SKILL.md', content }]),
      await api.person(ANN).call('PUT', '/agents/scout/skills/weather/SKILL.md', {
        body: new TextEncoder().encode(content),
      }),
    ]) {
      expect(refused.json).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
    }
    expect((await api.person(ANN).get('/agents/scout/skills/weather/SKILL.md')).text).toBe(ABOUT);
  });

  it('need no name of their own, and may begin as files of Windows do', async () => {
    const made = await put([{ path: 'SKILL.md', content: '\ufeff---\r\ndescription: Rain.\r\n---\r\n' }]);
    expect([made.status, made.json.warnings]).toEqual([200, []]);
  });

  it('say why the agent is not told of them, once it has changed them itself', async () => {
    await put([about]);
    const warnings = async (text: string) => {
      await api.folders.write('scout', 'skills/weather/SKILL.md', text);
      return (await api.person(ANN).get('/agents/scout/skills/weather')).json.warnings;
    };
    expect(await warnings('Just text.')).toEqual([expect.stringContaining('not told of the skill')]);
    expect(await warnings('---\nname: rain\ndescription: x\n---\n')).toEqual([
      expect.stringContaining('not that of the folder'),
    ]);
    await api.folders.unlink('scout', 'skills/weather/SKILL.md');
    const shown = await api.person(ANN).get('/agents/scout/skills/weather');
    expect(shown.json.warnings).toEqual(['There is no SKILL.md that can be read.']);
  });

  it.each([
    [[], 'SKILL.md'],
    [[{ path: 'x.md', content: '' }], 'SKILL.md is missing'],
    [[about, about], 'stands twice'],
    [[about, { path: 'a', content: '' }, { path: 'a/b', content: '' }], 'a file and a folder'],
    [[about, { path: 'A', content: '' }, { path: 'a/b', content: '' }], 'a file and a folder'],
    [[about, { path: 'x/Run.sh', content: '' }, { path: 'x/run.sh', content: '' }], 'only in case'],
    [[about, { path: 'skill.md', content: '' }], 'only in case'],
    [[about, { path: 'x', content: '', executable: 'yes' }], 'true or false'],
    [[about, { path: 'x', content: 'a=b', encoding: 'base64' }], 'not base64'],
    [[about, { path: 'x', content: '', encoding: 'hex' }], 'utf8 or base64'],
    [[about, { path: '../x', content: '' }], '"files.1.path"'],
    [Array.from({ length: 201 }, (_, i) => ({ path: `f${i}`, content: '' })), 'at most 200'],
  ])('are not made of %j', async (files, detail) => {
    const refused = await put(files);
    expect(refused.json).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
    expect(await api.folders.list('scout', 'skills', 10)).toEqual([]);
  });

  it('have a size that they may not go beyond, at once or file by file', async () => {
    const large = (bytes: number) => ({ path: 'large', content: 'x'.repeat(bytes) });
    expect((await put([about, large(10 * 1024 * 1024)])).json.code).toBe('body_too_large');
    expect((await put([about, large(15 * 1024 * 1024)])).json.code).toBe('body_too_large');
    await put([about, large(6 * 1024 * 1024)]);
    const body = new Uint8Array(5 * 1024 * 1024);
    const path = '/agents/scout/skills/weather/more';
    expect((await api.person(ANN).call('PUT', path, { body })).json.code).toBe('conflict');
    const twin = '/agents/scout/skills/weather/LARGE';
    const refused = await api.person(ANN).call('PUT', twin, { body: new Uint8Array([1]) });
    expect(refused.json).toMatchObject({ code: 'conflict', detail: expect.stringContaining('only in case') });
  });
});
