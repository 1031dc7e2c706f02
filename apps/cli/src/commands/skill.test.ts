import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@tinyfat/server/config';
import { makeZip } from '@tinyfat/testing/make-zip';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

describe('tinyfat skill', () => {
  let root: string;
  let folder: string;
  let out: string[];
  let err: string[];
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'tinyfat-cli-'));
    folder = join(root, 'tea');
    mkdirSync(join(folder, '.git'), { recursive: true });
    writeFileSync(join(folder, 'SKILL.md'), '---\ndescription: Makes tea.\n---\n');
    writeFileSync(join(folder, 'brew.sh'), '#!/bin/sh\n');
    chmodSync(join(folder, 'brew.sh'), 0o755);
    vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)));
    expect((await run('agent', 'create', 'scout', '--owner', 'ann@example.com')).code).toBe(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(root, { recursive: true, force: true });
  });
  async function run(...words: string[]) {
    out = [];
    err = [];
    const code = await runWords(words, () => readConfig({ DATA_DIR: join(root, 'data') }));
    return { code, out: out.join('\n'), err: err.join('\n') };
  }
  const skills = async () => JSON.parse((await run('skill', 'list', 'scout', '--json')).out);

  it('adds a folder, which the agent then has with its programs, and says what it left out', async () => {
    expect(await run('skill', 'add', 'Scout', folder)).toEqual({
      code: 0,
      out: 'scout@tinyfat.localhost has the skill tea now: 2 files.',
      err: 'Left out, being hidden: .git.',
    });
    const { folder: agent } = JSON.parse((await run('agent', 'show', 'scout', '--json')).out);
    expect(statSync(join(agent, 'skills/tea/brew.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(agent, 'skills/tea/SKILL.md')).mode & 0o777).toBe(0o644);
    expect(await skills()).toEqual([{ name: 'tea', files: 2, bytes: 42 }]);
    expect((await run('skill', 'list', 'scout')).out).toMatch(/^NAME +FILES +BYTES\ntea +2 +42$/);
  });

  it('replaces one by an archive whose SKILL.md has its name', async () => {
    await run('skill', 'add', 'scout', folder);
    const archive = join(root, 'x.zip');
    const about = '---\nname: tea\ndescription: Makes better tea.\n---\n';
    writeFileSync(archive, makeZip([{ name: 'x/SKILL.md', content: about, mode: 0o100644 }]));
    expect((await run('skill', 'add', 'scout', archive)).out).toBe(
      'scout@tinyfat.localhost has the skill tea anew: 1 file.',
    );
    expect(await skills()).toEqual([{ name: 'tea', files: 1, bytes: about.length }]);
  });

  it('removes one, once', async () => {
    await run('skill', 'add', 'scout', folder);
    expect((await run('skill', 'remove', 'scout', 'tea')).out).toContain('has the skill tea no more');
    expect(await run('skill', 'remove', 'scout', 'tea')).toMatchObject({
      code: 1,
      err: expect.stringContaining('has no skill tea; see: tinyfat skill list scout'),
    });
    expect(await skills()).toEqual([]);
    expect((await run('skill', 'list', 'scout')).out).toContain('tinyfat skill add scout FOLDER');
  });

  it('sends nothing that can not be a skill, and says why', async () => {
    const refusal = async (...words: string[]) => {
      const { code, err: said } = await run('skill', ...words);
      return [code, said];
    };
    const badly = join(root, 'My Tea');
    mkdirSync(badly);
    writeFileSync(join(badly, 'SKILL.md'), '---\ndescription: x\n---\n');
    expect(await refusal('add', 'scout', badly)).toEqual([1, expect.stringContaining('can not be its name')]);
    writeFileSync(join(folder, 'SKILL.md'), 'x');
    expect(await refusal('add', 'scout', folder)).toEqual([1, expect.stringContaining('front matter')]);
    expect(await refusal('add', 'scout', join(root, 'none'))).toEqual([
      1,
      expect.stringContaining('There is no'),
    ]);
    expect(await refusal('add', 'scout')).toEqual([2, expect.stringContaining('PATH is missing')]);
    expect(await refusal('list', 'nobody')).toEqual([1, expect.stringContaining('no agent of that name')]);
    expect(await refusal('remove', 'scout', '../x')).toEqual([2, expect.stringContaining('"skill"')]);
    expect(await skills()).toEqual([]);
    writeFileSync(join(folder, 'SKILL.md'), '---\ndescription: x\n---\n');
    expect(await refusal('add', 'nobody', folder)).toEqual([
      1,
      expect.stringContaining('no agent of that name'),
    ]);
  });
});
