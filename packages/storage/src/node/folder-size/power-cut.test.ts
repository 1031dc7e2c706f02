/** What a turn left in the folder is on disk before its reply is on record (invariant 1, seen from the agent). */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCuttableDisk } from '@tinyfat/testing/power-cut';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FolderThread, folderThread } from './folder-thread.ts';

const disk = openCuttableDisk();

describe.skipIf(disk === null)('after a power cut (needs root and loop devices)', () => {
  let thread: FolderThread;
  beforeAll(() => {
    thread = folderThread();
  });
  afterAll(async () => {
    await thread.close();
    disk?.close();
  });
  const path = disk?.path ?? '';
  const cut = <T>(look: (path: string) => T): T => {
    if (disk === null) throw new Error('no disk');
    return disk.cut(look);
  };
  const agent = (name: string): string => {
    mkdirSync(join(path, name));
    return join(path, name);
  };

  it('what nobody made durable is gone: the model shows a missing fsync', () => {
    writeFileSync(join(agent('a'), 'MEMORY.md'), 'lost');
    expect(cut((seen) => existsSync(join(seen, 'a', 'MEMORY.md')))).toBe(false);
  });

  it('files and folders that a turn made or changed are there', async () => {
    const folder = agent('b');
    mkdirSync(join(folder, 'work', 'deep'), { recursive: true });
    for (const name of ['MEMORY.md', 'work/plan.txt', 'work/deep/.hidden']) {
      writeFileSync(join(folder, name), `of ${name}`);
    }
    writeFileSync(join(folder, 'unreadable'), 'too');
    chmodSync(join(folder, 'unreadable'), 0);
    await thread.makeDurable(folder, Date.now());
    cut((seen) => {
      for (const name of ['MEMORY.md', 'work/plan.txt', 'work/deep/.hidden']) {
        expect(readFileSync(join(seen, 'b', name), 'utf8')).toBe(`of ${name}`);
      }
      expect(readFileSync(join(seen, 'b', 'unreadable'), 'utf8')).toBe('too');
    });
  });

  it('more than is synced one by one is there as well', async () => {
    const folder = agent('c');
    for (let made = 0; made < 200; made++) writeFileSync(join(folder, `${made}.txt`), `of ${made}`);
    await thread.makeDurable(folder, Date.now());
    cut((seen) => {
      for (let made = 0; made < 200; made++) {
        expect(readFileSync(join(seen, 'c', `${made}.txt`), 'utf8')).toBe(`of ${made}`);
      }
    });
  });
});
