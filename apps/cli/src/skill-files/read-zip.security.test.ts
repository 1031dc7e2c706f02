/** Archives are other people's: whatever stands in one, only plain files of a skill are taken, and few bytes of it. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeZip, type ZipEntry } from '@tinyfat/testing/make-zip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSkill } from './read-skill.ts';

const HEAD = '---\nname: tea\ndescription: Makes tea.\n---\n';
const about = (name = 'SKILL.md'): ZipEntry => ({ name, content: HEAD, mode: 0o100644 });
const SYMLINK = 0o120777;

describe('a skill from an archive', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-zip-'));
    file = join(folder, 'brew.zip');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const read = async (...entries: ZipEntry[]) => {
    writeFileSync(file, makeZip(entries));
    return await readSkill(file);
  };
  const refusal = async (...entries: ZipEntry[]) => {
    const source = await read(...entries);
    return source.ok ? 'taken' : source.reason;
  };

  it('has its files with which of them are programs', async () => {
    const run = { name: 'bin/run.sh', content: '#!/bin/sh\n', mode: 0o100755 };
    const source = await read(about(), { name: 'bin/', mode: 0o040755 }, run, { name: 'empty' });
    expect(source).toMatchObject({ ok: true, skill: { name: 'tea', leftOut: [] } });
    const files = source.ok ? source.skill.files : [];
    expect(
      files.map(({ path, bytes, executable }) => [path, String(Buffer.from(bytes)), executable]),
    ).toEqual([
      ['SKILL.md', HEAD, false],
      ['bin/run.sh', '#!/bin/sh\n', true],
      ['empty', '', false],
    ]);
  });

  it('may lie in one folder of it, without the files that a Mac or git adds', async () => {
    const nameless = { ...about('my-tea/SKILL.md'), content: '---\ndescription: x\n---\n' };
    const more = [
      'my-tea/data/x.txt',
      '__MACOSX/my-tea/._SKILL.md',
      'my-tea/.git/config',
      'my-tea/.DS_Store',
    ];
    const source = await read(nameless, ...more.map((name) => ({ name })));
    expect(source).toMatchObject({
      ok: true,
      skill: {
        name: 'my-tea',
        files: [{ path: 'SKILL.md' }, { path: 'data/x.txt' }],
        leftOut: more.slice(1),
      },
    });
    expect(await read({ ...about(), content: nameless.content })).toMatchObject({ skill: { name: 'brew' } });
  });

  it.each<[string, ZipEntry[]]>([
    ['invalid relative path', [about(), { name: '../evil' }]],
    ['invalid relative path', [about(), { name: 'a/../../evil' }]],
    ['absolute path', [about(), { name: '/etc/cron.d/evil' }]],
    ['absolute path', [about(), { name: 'C:/evil' }]],
    ['invalid characters', [about(), { name: '..\\evil' }]],
    ['evil is a link', [about(), { name: 'evil', content: '/etc/passwd', mode: SYMLINK }]],
    ['.hidden is a link', [about(), { name: '.hidden', content: '/etc/passwd', mode: SYMLINK }]],
    ['SKILL.md is a link', [{ name: 'SKILL.md', content: '/etc/passwd', mode: SYMLINK }]],
    ['pipe, socket or device', [about(), { name: 'null', mode: 0o020666 }]],
    ['pipe, socket or device', [about(), { name: 'fifo', mode: 0o010666 }]],
    ['a folder and a file', [about(), { name: 'x', mode: 0o040755 }]],
    ['x is a file and a folder', [about(), { name: 'x' }, { name: 'x/y' }]],
    ['SKILL.md stands twice', [about(), about()]],
    ['differ only in case', [about(), { name: 'Run.sh' }, { name: 'run.SH' }]],
    ['no SKILL.md', [{ name: 'README.md' }]],
    ['no SKILL.md', [about('skill.md')]],
    ['no SKILL.md', [about('a/SKILL.md'), about('b/SKILL.md')]],
    ['no SKILL.md', []],
    ['./x: write', [about(), { name: './x' }]],
    ['a//b: write', [about(), { name: 'a//b' }]],
    ['a\u202eb: write', [about(), { name: 'a\u202eb' }]],
    ['-rf: write', [about(), { name: '-rf' }]],
    ['a path of at most five parts', [about(), { name: 'a/b/c/d/e/f' }]],
    ['needs a password', [about(), { name: 'x', flags: 0x801 }]],
    ['needs a password', [about(), { name: 'x', flags: 0x841 }]],
    ['unsupported compression method', [about(), { name: 'x', method: 12 }]],
    ['x is damaged', [about(), { name: 'x', content: 'x', claims: { crc: 1 } }]],
    ['has no front matter', [{ name: 'SKILL.md', content: '---\nname: tea\n---\n' }]],
  ])('is refused where its %s', async (reason, entries) => {
    expect(await refusal(...entries)).toContain(reason);
  });

  it('is no bomb: of many bytes, of more than it says, or of many entries', async () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    expect(await refusal(about(), { name: 'x', content: zeros })).toContain('at most 10485760 bytes');
    expect(await refusal(about(), { name: 'x', claims: { size: 4_000_000_000 } })).toContain(
      'at most 10485760',
    );
    const lie = await refusal(about(), { name: 'x', content: zeros, claims: { size: 10 } });
    expect(lie).toContain('x is damaged');
    const half = { content: zeros.subarray(0, 6 * 1024 * 1024) };
    expect(await refusal(about(), { name: 'x', ...half }, { name: 'y', ...half })).toContain(
      'at most 10485760',
    );
    const many = (count: number, name: string) =>
      Array.from({ length: count }, (_, at) => ({ name: name + at }));
    expect(await refusal(about(), ...many(200, 'f'))).toContain('at most 200 files');
    expect(await refusal(about(), ...many(2000, '.f'))).toContain('more than 2000 entries');
  });

  it('is no other file, no archive that is cut off, and none that lies of its length', async () => {
    const whole = makeZip([about()]);
    for (const bytes of [whole.subarray(0, -1), whole.subarray(10), Buffer.from('PK'), Buffer.alloc(0)]) {
      writeFileSync(file, bytes);
      expect(await readSkill(file)).toMatchObject({ ok: false, reason: expect.stringContaining('archive') });
    }
    writeFileSync(file, makeZip([about()], 3));
    expect(await readSkill(file)).toMatchObject({ ok: false });
    expect(await readSkill(join(folder, 'none.zip'))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('There is no'),
    });
    expect(await readSkill('/dev/zero')).toMatchObject({
      ok: false,
      reason: 'zero is a pipe, socket or device; only plain files are taken.',
    });
  });

  it('may be named by a link', async () => {
    writeFileSync(file, makeZip([about()]));
    symlinkSync(file, join(folder, 'link.zip'));
    expect(await readSkill(join(folder, 'link.zip'))).toMatchObject({ ok: true, skill: { name: 'tea' } });
  });
});
