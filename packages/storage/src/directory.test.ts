import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentFoldersContract } from '@tinyfat/contracts';
import { directoryFolders } from './directory.ts';

agentFoldersContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-folders-'));
  return {
    folders: directoryFolders({ folder: join(folder, 'agents'), owner: null }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
