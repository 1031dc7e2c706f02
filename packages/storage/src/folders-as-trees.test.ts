/** A folder is copied whole through its port alone, and nothing of a stranger's entries lands elsewhere. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TreeEntry } from '@tinyfat/core';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { foldersAsTrees } from './folders-as-trees.ts';
import { directoryFolders } from './node/directory.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(scratchFolder(), 'tinyfat-port-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const folders = () => directoryFolders({ folder: join(root, 'agents'), owner: null });
async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}
const plain = { executable: false, modifiedAt: 0, size: 1 };

it('reads every file, and names what the port does not give', async () => {
  const store = folders();
  await store.create('one', { 'MEMORY.md': 'memory' });
  await store.write('one', 'skills/a/run', '#!', { executable: true });
  symlinkSync('/etc/passwd', join(root, 'agents/one/link'));
  const found: (TreeEntry & { text?: string })[] = [];
  for await (const entry of foldersAsTrees(store).readTree('one')) {
    found.push(entry.kind === 'file' ? { ...entry, text: await new Response(entry.stream).text() } : entry);
  }
  expect(found).toContainEqual(expect.objectContaining({ kind: 'file', path: 'MEMORY.md', text: 'memory' }));
  expect(found).toContainEqual(
    expect.objectContaining({ kind: 'file', path: 'skills/a/run', executable: true, size: 2 }),
  );
  expect(found.filter(({ kind }) => kind === 'left_out')).toEqual([
    { kind: 'left_out', path: 'link', why: 'it is neither a file nor a folder' },
  ]);
  expect(await foldersAsTrees(store).readTree('none').next()).toMatchObject({ done: true });
});

it('writes files, says what it leaves out, and refuses what is no path or is there twice', async () => {
  const store = folders();
  const tree = foldersAsTrees(store).writeTree('two');
  expect(await tree.folder('a')).toEqual({ ok: true });
  const program = { executable: true, modifiedAt: 5, size: 3 };
  expect(await tree.file('a/run', pieces('#', '!x'), program)).toEqual({ ok: true });
  expect(await tree.file('a/run', pieces('y'), plain)).toEqual({ ok: false, reason: 'is there twice' });
  expect(await tree.link('b', '/etc')).toMatchObject({ ok: true, leftOut: expect.stringMatching(/link/) });
  expect(await tree.file('b', pieces('y'), plain)).toMatchObject({ ok: false });
  for (const path of ['../x', '/x', '', 'a/../../x']) {
    expect(await tree.file(path, pieces('y'), plain)).toMatchObject({ ok: false });
    expect(await tree.folder(path)).toMatchObject({ ok: false });
    expect(await tree.link(path, 'x')).toMatchObject({ ok: false });
  }
  expect(await tree.file('large', pieces('y'), { ...plain, size: 2 ** 40 })).toMatchObject({ ok: false });
  tree.close();
  expect(readFileSync(join(root, 'agents/two/a/run'), 'utf8')).toBe('#!x');
  expect(statSync(join(root, 'agents/two/a/run')).mode & 0o100).toBe(0o100);
  expect(existsSync(join(root, 'agents/x'))).toBe(false);
});
