import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
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
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});

it('leaves nothing of a message that could not be written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-raw-'));
  const shelf = join(folder, '01');
  // In the way of the message's name.
  await mkdir(join(shelf, 'message-01.eml', 'x'), { recursive: true });
  await expect(rawMailDirectory(folder).put('message-01', new Uint8Array(9))).rejects.toThrow();
  expect(await readdir(shelf)).toEqual(['message-01.eml']);
  await rm(folder, { recursive: true, force: true });
});
