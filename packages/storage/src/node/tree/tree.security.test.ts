/** A folder is copied whole, and what a hostile one or a hostile archive holds reaches nothing outside. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TreeEntry } from '../../trees.ts';
import { directoryFolders } from '../directory.ts';
import { MAX_TREE_DEPTH, readTree } from './read-tree.ts';
import { writeTree } from './write-tree.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(scratchFolder(), 'tinyfat-tree-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function read(folder: string): Promise<(TreeEntry & { text?: string })[]> {
  const found: (TreeEntry & { text?: string })[] = [];
  for await (const entry of readTree(folder)) {
    found.push(entry.kind === 'file' ? { ...entry, text: await new Response(entry.stream).text() } : entry);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
const pieces = async function* (...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
};
const plain = { executable: false, modifiedAt: 0 };

describe('reading', () => {
  it('gives every file, folder and link, and the target of a link in the place of what it leads to', async () => {
    writeFileSync(join(root, 'secret'), 'of the host');
    const folder = join(root, 'agent');
    mkdirSync(join(folder, 'sessions'), { recursive: true });
    writeFileSync(join(folder, 'sessions', 'one.jsonl'), 'line\n');
    writeFileSync(join(folder, 'run'), '#!');
    chmodSync(join(folder, 'run'), 0o755);
    utimesSync(join(folder, 'run'), 5, 5);
    symlinkSync('../secret', join(folder, 'out'));
    symlinkSync('..', join(folder, 'up'));
    expect(await read(folder)).toMatchObject([
      { kind: 'link', path: 'out', target: '../secret' },
      { kind: 'file', path: 'run', executable: true, modifiedAt: 5000, size: 2, text: '#!' },
      { kind: 'folder', path: 'sessions' },
      { kind: 'file', path: 'sessions/one.jsonl', executable: false, text: 'line\n' },
      { kind: 'link', path: 'up', target: '..' },
    ]);
  });

  it('gives a file of two names twice, and says what it leaves out: pipes, names that are no UTF-8, depths', async () => {
    writeFileSync(join(root, 'a'), 'twice');
    linkSync(join(root, 'a'), join(root, 'b'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x78])]), '');
    const deep = Array.from({ length: MAX_TREE_DEPTH + 1 }, () => 'd').join('/');
    mkdirSync(join(root, deep), { recursive: true });
    writeFileSync(join(root, deep, 'file'), '');
    const found = await read(root);
    expect(found.filter(({ kind }) => kind === 'file')).toMatchObject([
      { path: 'a', text: 'twice' },
      { path: 'b', text: 'twice' },
    ]);
    const out = found.flatMap((entry) => (entry.kind === 'left_out' ? [entry.why] : []));
    expect(out.sort()).toEqual([
      'it is a device, pipe or socket',
      'it lies too deep',
      'its name is no UTF-8',
    ]);
  });

  it('gives nothing of an agent that has no folder', async () => {
    const folders = directoryFolders({ folder: join(root, 'agents'), owner: null });
    expect(await folders.readTree('none').next()).toMatchObject({ done: true });
  });
});

describe('writing', () => {
  const write = () => writeTree(join(root, 'agent'), null, () => {});

  it('makes what was read, with what may be run, times and links', async () => {
    const tree = write();
    expect(await tree.folder('empty')).toEqual({ ok: true });
    expect(await tree.file('a/b/run', pieces('#', '!'), { executable: true, modifiedAt: 5000 })).toEqual({
      ok: true,
    });
    expect(await tree.link('a/link', '../../secret')).toEqual({ ok: true });
    tree.close();
    const made = join(root, 'agent', 'a');
    expect(readFileSync(join(made, 'b/run'), 'utf8')).toBe('#!');
    expect(lstatSync(join(made, 'b/run'))).toMatchObject({ mode: 0o100755, mtimeMs: 5000 });
    expect(readlinkSync(join(made, 'link'))).toBe('../../secret');
    expect(lstatSync(join(root, 'agent', 'empty')).isDirectory()).toBe(true);
  });

  it.each(['../x', 'a/../../x', '/x', 'a//x', '', '.', 'a/.', 'x\0y', 'n'.repeat(256), 'd/'.repeat(66)])(
    'refuses the path %j',
    async (path) => {
      const tree = write();
      expect(await tree.file(path, pieces('x'), plain)).toMatchObject({ ok: false });
      expect(await tree.folder(path)).toMatchObject({ ok: false });
      expect(await tree.link(path, 'x')).toMatchObject({ ok: false });
      tree.close();
      expect(existsSync(join(root, 'x'))).toBe(false);
    },
  );

  it('writes neither through a link that came before nor over anything that is there', async () => {
    mkdirSync(join(root, 'outside'));
    const tree = write();
    await tree.link('way', '../outside');
    await tree.link('file', '../outside/made');
    await tree.file('once', pieces('first'), plain);
    for (const path of ['way/made', 'file', 'once']) {
      expect(await tree.file(path, pieces('second'), plain)).toMatchObject({ ok: false });
    }
    expect(await tree.folder('way/made')).toMatchObject({ ok: false });
    expect(await tree.link('once', 'x')).toEqual({ ok: false, reason: 'is there twice' });
    tree.close();
    expect(existsSync(join(root, 'outside', 'made'))).toBe(false);
    expect(readFileSync(join(root, 'agent', 'once'), 'utf8')).toBe('first');
  });

  it('refuses a link to nothing or to more than a path can be', async () => {
    const tree = write();
    for (const target of ['', 'a\0b', 'x'.repeat(4096)]) {
      expect(await tree.link('link', target)).toMatchObject({ ok: false });
    }
    tree.close();
  });
});
