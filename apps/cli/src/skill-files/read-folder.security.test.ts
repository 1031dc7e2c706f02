import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSkill } from './read-skill.ts';

describe('a skill from a folder', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tinyfat-skill-'));
    folder = join(root, 'my-tea');
    write('SKILL.md', '---\ndescription: Makes tea.\n---\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));
  function write(path: string, content: string | Uint8Array = 'x', mode = 0o644) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    chmodSync(join(folder, path), mode);
  }
  const refusal = async () => {
    const source = await readSkill(folder);
    return source.ok ? 'taken' : source.reason;
  };

  it('has its files with which of them are programs, and no hidden ones', async () => {
    write('bin/run.sh', '#!/bin/sh\n', 0o755);
    write('data/empty', '');
    write('.git/config');
    write('data/.DS_Store');
    symlinkSync('/etc/passwd', join(folder, '.link'));
    const source = await readSkill(`${folder}/`);
    expect(source).toMatchObject({
      ok: true,
      skill: { name: 'my-tea', leftOut: ['.git', '.link', 'data/.DS_Store'] },
    });
    const files = source.ok ? source.skill.files : [];
    expect(files.map(({ path, bytes, executable }) => [path, bytes.length, executable])).toEqual([
      ['SKILL.md', 32, false],
      ['bin/run.sh', 10, true],
      ['data/empty', 0, false],
    ]);
  });

  it('has no links in it, wherever they lead, and nothing but plain files', async () => {
    symlinkSync('SKILL.md', join(folder, 'a-link'));
    expect(await refusal()).toBe('a-link is a link; only plain files are taken.');
    rmSync(join(folder, 'a-link'));
    symlinkSync('/etc', join(folder, 'etc'));
    expect(await refusal()).toContain('etc is a link');
    rmSync(join(folder, 'etc'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    expect(await refusal()).toContain('fifo is a pipe, socket or device');
    rmSync(join(folder, 'fifo'));
    rmSync(join(folder, 'SKILL.md'));
    symlinkSync('/etc/passwd', join(folder, 'SKILL.md'));
    expect(await refusal()).toContain('SKILL.md is a link');
  });

  it.each<[string, () => void]>([
    ['at most 200 files', () => Array.from({ length: 200 }, (_, at) => write(`f${at}`, ''))],
    ['more than 2000 entries', () => Array.from({ length: 2000 }, (_, at) => write(`.f${at}`, ''))],
    ['large has more than', () => write('large', new Uint8Array(10 * 1024 * 1024))],
    ['at most five parts', () => write('a/b/c/d/e/f')],
    ['a b: write a path', () => write('a b')],
    ['é: write a path', () => write('é')],
    ['differ only in case', () => ['x/A', 'x/a'].map((path) => write(path))],
    ['no SKILL.md', () => rmSync(join(folder, 'SKILL.md'))],
    ['no SKILL.md', () => rmSync(folder, { recursive: true }) ?? mkdirSync(folder)],
    ['has no front matter', () => write('SKILL.md', '---\nname: x\n---\n')],
    ['There is no', () => rmSync(folder, { recursive: true })],
  ])('is refused: %s', async (reason, change) => {
    change();
    expect(await refusal()).toContain(reason);
  });

  it.skipIf(process.getuid?.() === 0)('says which file may not be read (root may read all)', async () => {
    write('secret', 'x', 0o000);
    expect(await refusal()).toBe('secret can not be read (EACCES).');
    chmodSync(folder, 0o000);
    expect(await refusal()).toContain('EACCES');
    chmodSync(folder, 0o755);
  });
});
