/** Wherever a change of a skill is cut off, one whole skill is there afterwards, and nothing is left over. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentFolders, sha256Hex } from '@tinyfat/core';
import { duringLock } from '@tinyfat/testing/during-lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const about = (text: string) => ({ path: 'SKILL.md', content: `---\ndescription: ${text}\n---\n` });
const CHANGES = ['write', 'move', 'removeFolder'] as const;

describe('a skill that is replaced', () => {
  let api: ApiFixture;
  let whole: Pick<AgentFolders, (typeof CHANGES)[number]>;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    const { write, move, removeFolder } = api.deps.folders;
    whole = { write, move, removeFolder };
  });
  afterEach(() => api.dispose());

  const put = (text: string) =>
    api.person(ANN).call('PUT', '/agents/scout/skills/tea', {
      body: { files: [about(text), { path: 'note', content: text }] },
    });
  const remove = () => api.person(ANN).call('DELETE', '/agents/scout/skills/tea');
  const skill = async () => {
    const files = ['SKILL.md', 'note'].map((name) => api.person(ANN).get(`/agents/scout/skills/tea/${name}`));
    return (await Promise.all(files)).map(({ text, status }) => (status === 200 ? text : status));
  };
  const names = () => readdirSync(join(api.paths.agents, 'scout/skills')).sort();

  /** The process ends before the change of this number: that one and all that follow are not made. */
  function endBefore(count: number) {
    let made = 0;
    for (const name of CHANGES) {
      const change = async (...words: Parameters<AgentFolders['write']>) => {
        if (++made > count) throw new Error('the process has ended');
        // biome-ignore lint/suspicious/noExplicitAny: the three take different words
        return await (whole[name] as any)(...words);
      };
      Object.assign(api.deps.folders, { [name]: change });
    }
    return () => made > count;
  }
  const beginAnew = () => Object.assign(api.deps.folders, whole);

  it('is the old or the new one, whole, wherever that was cut off', async () => {
    const seen = new Set<string>();
    for (let count = 0; ; count++) {
      await put('old');
      const wasCutOff = endBefore(count);
      await put('new').catch(() => {});
      beginAnew();
      expect((await api.person(ANN).get('/agents/scout/skills')).json.data).toMatchObject([{ name: 'tea' }]);
      const [head, note] = await skill();
      expect(head).toBe(about(String(note)).content);
      seen.add(String(note));
      await put('next');
      expect(await skill()).toEqual([about('next').content, 'next']);
      expect(names().filter((name) => !name.endsWith('.new'))).toEqual(['tea']);
      if (!wasCutOff()) break;
    }
    expect([...seen].sort()).toEqual(['new', 'old']);
  });

  it('of two that are to be new at once only one is made, and of two changes of one version only one', async () => {
    const ann = api.person(ANN);
    const putNew = (text: string) =>
      ann.call('PUT', '/agents/scout/skills/tea', {
        body: { files: [about(text)] },
        headers: { 'if-none-match': '*' },
      });
    const made = await Promise.all([putNew('one'), putNew('two')]);
    expect(made.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(names()).toEqual(['tea']);
    const file = (name: string, text: string, headers: Record<string, string>) =>
      ann.call('PUT', `/agents/scout/skills/tea/${name}`, {
        body: text,
        headers: { 'content-type': 'application/octet-stream', ...headers },
      });
    const added = await Promise.all(['a', 'b'].map((text) => file('note', text, { 'if-none-match': '*' })));
    expect(added.map(({ status }) => status).sort()).toEqual([200, 412]);
    const [, note = ''] = await skill();
    const match = {
      'if-match': `"${(await sha256Hex(new TextEncoder().encode(String(note)))).slice(0, 32)}"`,
    };
    const saved = await Promise.all(['c', 'd'].map((text) => file('note', text, match)));
    expect(saved.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it('is there or gone, and does not come back, wherever its removal was cut off', async () => {
    for (let count = 0; ; count++) {
      await put('old');
      // Left over of a replacement that was cut off before its end.
      await api.folders.write('scout', `skills/.tea.${api.deps.makeId()}.old/SKILL.md`, 'older');
      const wasCutOff = endBefore(count);
      await remove().catch(() => {});
      beginAnew();
      const [, note] = await skill();
      if (note === 404) expect((await remove()).status).toBe(404);
      else expect([note, (await remove()).status]).toEqual(['old', 204]);
      expect((await api.person(ANN).get('/agents/scout/skills')).json.data).toEqual([]);
      if (!wasCutOff()) break;
    }
    await put('next');
    expect(names()).toEqual(['tea']);
  });

  it('leaves what another process is writing alone, and clears away what was never finished', async () => {
    const [young, old] = [`.${api.deps.makeId()}.new`, `.${api.deps.makeId()}.new`];
    for (const name of [young, old]) await api.folders.write('scout', `skills/${name}/SKILL.md`, 'x');
    const at = (hoursAgo: number) => api.now / 1000 - hoursAgo * 3600;
    utimesSync(join(api.paths.agents, 'scout/skills', young), at(0.5), at(0.5));
    utimesSync(join(api.paths.agents, 'scout/skills', old), at(2), at(2));
    await put('one');
    expect(names()).toEqual([young, 'tea']);
  });

  it('is removed once by two who do so at once', async () => {
    await put('one');
    const answers = await Promise.all([remove(), remove(), remove()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404]);
  });

  it('takes few steps for the many things that an agent leaves for it', async () => {
    const folder = join(api.paths.agents, 'scout/skills');
    for (let at = 0; at < 1500; at++) mkdirSync(join(folder, `.s${at}.${api.deps.makeId()}.old`));
    await put('one');
    let moves = 0;
    api.deps.folders.move = async (...words) => {
      moves++;
      await whole.move(...words);
    };
    expect((await api.person(ANN).get('/agents/scout/skills')).status).toBe(200);
    expect(moves).toBeLessThan(5);
    expect((await put('two')).status).toBe(200);
    expect(await skill()).toEqual([about('two').content, 'two']);
    expect(moves).toBeLessThan(15);
  });

  it('is the newer one where two were left over', async () => {
    for (const [at, text] of ['older', 'newer'].entries()) {
      const old = `skills/.tea.019eb1e2-0000-7000-8000-00000000000${at}.old`;
      await api.folders.write('scout', `${old}/SKILL.md`, about(text).content);
      await api.folders.write('scout', `${old}/note`, text);
    }
    expect((await api.person(ANN).get('/agents/scout/skills')).json.data).toMatchObject([{ name: 'tea' }]);
    expect(await skill()).toEqual([about('newer').content, 'newer']);
    expect(names()).toEqual(['tea']);
  });

  it('does not come back where the agent has put a file or a link meanwhile, nor is lost', async () => {
    const folder = join(api.paths.agents, 'scout/skills');
    const aside = `.tea.${api.deps.makeId()}.old`;
    await api.folders.write('scout', `skills/${aside}/SKILL.md`, about('old').content);
    symlinkSync('/etc', join(folder, 'tea'));
    expect((await api.person(ANN).get('/agents/scout/skills')).json.data).toEqual([]);
    expect((await api.person(ANN).get('/agents/scout/skills/tea')).status).toBe(404);
    expect(names()).toEqual([aside, 'tea']);
  });

  it('is moved in, and out, only when another change of the files is over', async () => {
    await put('old');
    const seen: unknown[] = [];
    // Not over the API, which needs the database.
    const note = () => readFileSync(join(api.paths.agents, 'scout/skills/tea/note'), 'utf8');
    const last = async () => void seen.push(note());
    await duringLock(api.db, ['files:scout'], { last }, () => put('new'));
    expect([...seen, note()]).toEqual(['old', 'new']);
    await duringLock(api.db, ['files:scout'], { last }, remove);
    expect([...seen, (await skill())[1]]).toEqual(['old', 'new', 404]);
  });

  it('is one of two that are put at once, whole', async () => {
    const texts = Array.from({ length: 6 }, (_, at) => `t${at}`);
    const answers = await Promise.all(texts.map(put));
    expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 200));
    const [head, note] = await skill();
    expect(head).toBe(about(String(note)).content);
    await put('last');
    expect(names()).toEqual(['tea']);
  });
});
