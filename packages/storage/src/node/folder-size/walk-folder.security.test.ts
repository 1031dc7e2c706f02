import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderThread } from './folder-thread.ts';
import { walkFolder } from './walk-folder.ts';

const UNBOUNDED = { mostBytes: Number.MAX_SAFE_INTEGER, mostEntries: Number.MAX_SAFE_INTEGER };
const BLOCK = 4096;

describe('the size of a folder', () => {
  let base: string;
  let folder: string;
  beforeEach(async () => {
    base = await mkdtemp(join(scratchFolder(), 'tinyfat-walk-'));
    folder = join(base, 'agent');
    mkdirSync(folder);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));
  const size = async (path = folder) => (await walkFolder(path, UNBOUNDED, null)).bytes;

  it('counts what is on disk: blocks, and at least one for whatever there is', async () => {
    expect(await size()).toBe(0);
    writeFileSync(join(folder, 'large'), new Uint8Array(10 * BLOCK));
    writeFileSync(join(folder, 'empty'), '');
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'small'), 'x');
    expect(await size()).toBe(13 * BLOCK);
  });

  it('counts a file with several names once, and a file with holes as what it takes', async () => {
    writeFileSync(join(folder, 'a'), new Uint8Array(10 * BLOCK));
    linkSync(join(folder, 'a'), join(folder, 'b'));
    writeFileSync(join(folder, 'holes'), '');
    truncateSync(join(folder, 'holes'), 1_000_000_000);
    expect(await size()).toBe(12 * BLOCK);
  });

  it('follows no link, and waits for no pipe', async () => {
    mkdirSync(join(base, 'outside'));
    writeFileSync(join(base, 'outside', 'large'), new Uint8Array(100 * BLOCK));
    symlinkSync(join(base, 'outside'), join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await size()).toBe(2 * BLOCK);
    const walked = await walkFolder(folder, UNBOUNDED, { since: 0, most: 10 });
    expect(walked).toMatchObject({ whole: true, durable: true });
    rmSync(folder, { recursive: true });
    symlinkSync(join(base, 'outside'), folder);
    await expect(size()).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('is not hidden by taking rights away', async () => {
    mkdirSync(join(folder, 'hidden'));
    writeFileSync(join(folder, 'hidden', 'large'), new Uint8Array(100 * BLOCK));
    chmodSync(join(folder, 'hidden'), 0);
    expect(await size()).toBe(101 * BLOCK);
    expect(statSync(join(folder, 'hidden')).mode & 0o777).toBe(0o500);
    chmodSync(join(folder, 'hidden'), 0o700);
  });

  it('can not be said of folders nested deeper than anybody needs', async () => {
    execFileSync('sh', ['-c', 'for i in $(seq 250); do mkdir d && cd d; done; echo x > f'], { cwd: folder });
    expect(await walkFolder(folder, UNBOUNDED, null)).toMatchObject({ whole: false, uncountable: true });
    execFileSync('rm', ['-rf', join(folder, 'd')]);
  });

  it('is walked no further than the bounds', async () => {
    for (let made = 0; made < 50; made++) writeFileSync(join(folder, `${made}`), 'x');
    const bytes = await walkFolder(folder, { ...UNBOUNDED, mostBytes: 10 * BLOCK }, null);
    expect(bytes).toMatchObject({ whole: false, uncountable: false, bytes: 11 * BLOCK });
    const entries = await walkFolder(folder, { ...UNBOUNDED, mostEntries: 20 }, null);
    expect(entries).toMatchObject({ whole: false, bytes: 21 * BLOCK });
  });

  it('is walked in a thread, which ends a walk when it is told so', async () => {
    const thread = folderThread();
    try {
      for (let made = 0; made < 1000; made++) writeFileSync(join(folder, `${made}`), 'x');
      expect(await thread.measure(folder, UNBOUNDED.mostBytes)).toEqual({
        bytes: 1000 * BLOCK,
        whole: true,
        uncountable: false,
      });
      await expect(thread.measure(join(base, 'nowhere'), 1)).rejects.toThrow('ENOENT');
      const cancelled = new AbortController();
      const walk = thread.measure(folder, UNBOUNDED.mostBytes, cancelled.signal);
      cancelled.abort();
      expect((await walk).whole).toBe(false);
    } finally {
      await thread.close();
    }
  });
});

describe('making a folder durable', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(scratchFolder(), 'tinyfat-durable-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Whether the whole file system was flushed. */
  async function flushes(make: () => void): Promise<string[]> {
    const flushed: string[] = [];
    const thread = folderThread(async (path) => void flushed.push(path));
    try {
      make();
      await thread.makeDurable(folder, Date.now());
      return flushed;
    } finally {
      await thread.close();
    }
  }

  it('syncs a few files one by one', async () => {
    expect(await flushes(() => writeFileSync(join(folder, 'a'), 'x'))).toEqual([]);
  });

  it('flushes the file system where there are many', async () => {
    const many = () => {
      for (let made = 0; made < 100; made++) writeFileSync(join(folder, `${made}`), 'x');
    };
    expect(await flushes(many)).toEqual([folder]);
  });
});
