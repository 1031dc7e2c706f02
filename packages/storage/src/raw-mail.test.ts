import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawMailStoreContract } from '@tinyfat/contracts';
import { rawMailDirectory } from './raw-mail.ts';

rawMailStoreContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-raw-'));
  return {
    store: rawMailDirectory(folder),
    second: rawMailDirectory(folder),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
