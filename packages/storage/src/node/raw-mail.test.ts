import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawMailStoreContract } from '@tinyfat/contracts';
import { expect, it } from 'vitest';
import { rawMailDirectory } from './raw-mail.ts';

rawMailStoreContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-raw-'));
  return {
    store: rawMailDirectory(folder),
    second: rawMailDirectory(folder),
    async breakOff(key) {
      const shard = join(folder, key.slice(-2));
      await mkdir(shard, { recursive: true });
      await writeFile(join(shard, `${key}.eml.part`), 'From: ');
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});

it('leaves nothing of a message that could not be written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-raw-'));
  const shard = join(folder, '01');
  // In the way of the message's name.
  await mkdir(join(shard, 'message-01.eml', 'x'), { recursive: true });
  await expect(rawMailDirectory(folder).put('message-01', new Uint8Array(9))).rejects.toThrow();
  expect(await readdir(shard)).toEqual(['message-01.eml']);
  await rm(folder, { recursive: true, force: true });
});

it('sweeps nothing away that is not its own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-raw-'));
  const store = rawMailDirectory(folder);
  const shard = join(folder, '01');
  await mkdir(join(shard, 'a-folder.eml'), { recursive: true });
  await writeFile(join(shard, 'notes.txt'), 'x');
  await writeFile(join(folder, 'lost.eml'), 'x');
  await symlink(join(shard, 'notes.txt'), join(shard, 'a-link-01.eml'));
  const rule = {
    unfinishedBefore: Number.MAX_SAFE_INTEGER,
    unnamedBefore: Number.MAX_SAFE_INTEGER,
    mostUnnamed: 10,
    named: async () => new Set<string>(),
    onRemoved: () => expect.unreachable(),
  };
  await store.sweep(rule, new AbortController().signal);
  expect((await readdir(shard)).toSorted()).toEqual(['a-folder.eml', 'a-link-01.eml', 'notes.txt']);
  expect(await readdir(folder)).toContain('lost.eml');
  await rm(folder, { recursive: true, force: true });
});

it('has nothing to sweep where nothing was ever stored', async () => {
  const nowhere = join(tmpdir(), 'tinyfat-raw-that-is-not-there');
  const rule = {
    unfinishedBefore: 0,
    unnamedBefore: 0,
    mostUnnamed: 10,
    named: async () => new Set<string>(),
    onRemoved: () => undefined,
  };
  expect(await rawMailDirectory(nowhere).sweep(rule, new AbortController().signal)).toEqual({
    seen: 0,
    unnamed: 0,
  });
});
