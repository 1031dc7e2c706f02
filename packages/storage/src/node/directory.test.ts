import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentFoldersContract, folderTreesContract } from '@tinyfat/contracts';
import { expect, it, onTestFinished } from 'vitest';
import { directoryFolders } from './directory.ts';

const make = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-folders-'));
  return {
    folders: directoryFolders({ folder: join(folder, 'agents'), owner: null }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
};

agentFoldersContract('directory', make);

folderTreesContract('directory', async () => {
  const { folders, dispose } = await make();
  return { trees: folders, dispose };
});

it('shows an agent’s folder as a local directory, and has what was changed there', async () => {
  const { folders, dispose } = await make();
  onTestFinished(dispose);
  await folders.create('agent-a', {});
  await writeFile(join(await folders.pathOf('agent-a'), 'made-inside.txt'), 'inside');
  const outcome = await folders.read('agent-a', 'made-inside.txt', 10);
  expect(outcome.ok && new TextDecoder().decode(outcome.bytes)).toBe('inside');
  await expect(folders.pathOf('agent-b')).rejects.toThrow();
});
