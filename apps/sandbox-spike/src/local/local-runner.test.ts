import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { turnRunnerContract } from '@tinyfat/contracts';
import { createGateways } from '@tinyfat/gateway/node';
import { bubblewrap, sandboxOwner } from '@tinyfat/sandbox';
import { directoryFolders, directoryTurns } from '@tinyfat/storage/node';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { localRunner } from './local-runner.ts';

const path = (below: string) => fileURLToPath(new URL(`../../../../${below}`, import.meta.url));
const MEGABYTE = 1 << 20;

turnRunnerContract('local', async () => {
  const root = await mkdtemp(join(tmpdir(), 'tinyfat-runner-'));
  await chmod(root, 0o755);
  for (const folder of ['turns', 'agents']) mkdirSync(join(root, folder));
  const owner = sandboxOwner();
  const model = await startAnthropicStandIn();
  const gateways = createGateways({ now: Date.now });
  const folders = directoryFolders({ folder: join(root, 'agents'), owner });
  const runner = localRunner({
    sandbox: bubblewrap({ nodeBinary: process.execPath, runtimeFolder: join(root, 'sandbox') }),
    gateways,
    folders: directoryTurns(folders),
    runtimeFolder: join(root, 'turns'),
    programFolder: path('dist/step-mom'),
    cache: null,
    skillsFolder: path('apps/step-mom/skills'),
    limits: {
      deadlineMs: 60_000,
      memoryBytes: 1024 * MEGABYTE,
      processes: 256,
      cpuSeconds: 60,
      cpus: 2,
      fileBytes: 64 * MEGABYTE,
      openFiles: 1024,
      temporaryBytes: 64 * MEGABYTE,
      outputBytes: MEGABYTE,
    },
    onGatewayEvent: () => {},
    onFolderWarning: () => {},
  });
  return {
    runner,
    folders,
    model,
    async dispose() {
      await gateways.close();
      await model.close();
      await rm(root, { recursive: true, force: true });
    },
  };
});
