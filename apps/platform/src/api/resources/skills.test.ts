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
    const made = await put([about, { path: 'bin/run.sh', content: 'aGkK', encoding: 'base64' }]);
    expect(made.json).toMatchObject({ name: 'weather', turn_running: false, warnings: [] });
    expect(paths(made.json)).toEqual([`SKILL.md ${ABOUT.length}`, 'bin/run.sh 3']);
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

  it('say why the agent will not see them', async () => {
    const warnings = async (content: string) => (await put([{ path: 'SKILL.md', content }])).json.warnings;
    expect(await warnings('Just text.')).toEqual([expect.stringContaining('description')]);
    expect(await warnings('---\nname: rain\ndescription: x\n---\n')).toEqual([
      expect.stringContaining('not that of the folder'),
    ]);
  });

  it.each([
    [[], 'SKILL.md'],
    [[{ path: 'x.md', content: '' }], 'SKILL.md is missing'],
    [[about, about], 'stands twice'],
    [[about, { path: 'a', content: '' }, { path: 'a/b', content: '' }], 'a file and a folder'],
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
  });
});
