/** The local runner over real sandboxes and a stand-in for the model, in a temporary folder. */
import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TurnRunnerFixture } from '@tinyfat/contracts';
import { createGateways } from '@tinyfat/gateway/node';
import { bubblewrap, sandboxOwner } from '@tinyfat/sandbox';
import { directoryFolders, folderThread } from '@tinyfat/storage/node';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { localRunner } from '../local/local-runner.ts';

const path = (below: string) => fileURLToPath(new URL(`../../../../${below}`, import.meta.url));
const MEGABYTE = 1 << 20;

/** Opens it; agents' folders lie in `agents`, by default below the temporary one. */
export async function openLocalRunner(agents?: string): Promise<TurnRunnerFixture & { warnings: string[] }> {
  const root = await mkdtemp(join(tmpdir(), 'tinyfat-runner-'));
  await chmod(root, 0o755);
  mkdirSync(join(root, 'turns'));
  const model = await startAnthropicStandIn();
  const gateways = createGateways({ now: Date.now });
  const thread = folderThread();
  const folders = directoryFolders({ folder: agents ?? join(root, 'agents'), owner: sandboxOwner() });
  const warnings: string[] = [];
  const runner = localRunner({
    sandbox: bubblewrap({ nodeBinary: process.execPath, runtimeFolder: join(root, 'sandbox') }),
    gateways,
    folders,
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
    folderThread: thread,
    logger: { warn: (event, fields) => void warnings.push(`${event} ${JSON.stringify(fields)}`) },
    onGatewayEvent: () => {},
  });
  return {
    runner,
    folders,
    model,
    warnings,
    async dispose() {
      await gateways.close();
      await thread.close();
      await model.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
