import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentFoldersContract } from '@tinyfat/contracts';
import { expect, it } from 'vitest';
import { directoryFolders } from './directory.ts';

agentFoldersContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-folders-'));
  return {
    folders: directoryFolders({ folder: join(folder, 'agents'), owner: null }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});

it('gives the path of a folder for a sandbox, and what is written there is in the store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-folders-'));
  const folders = directoryFolders({ folder, owner: null });
  await expect(folders.pathOf('agent-a')).rejects.toThrow();
  await folders.create('agent-a', {});
  await writeFile(join(await folders.pathOf('agent-a'), 'made-inside.txt'), 'inside');
  const read = await folders.read('agent-a', 'made-inside.txt', 100);
  expect(read.ok && new TextDecoder().decode(read.bytes)).toBe('inside');
  await rm(folder, { recursive: true, force: true });
});
