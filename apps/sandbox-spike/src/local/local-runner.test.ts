import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TurnRunnerFixture, turnRunnerContract } from '@tinyfat/contracts';
import type { AgentFolders } from '@tinyfat/core';
import { createGateways } from '@tinyfat/gateway/node';
import { bubblewrap, sandboxOwner } from '@tinyfat/sandbox';
import { openBucket, r2Credentials, s3Folders } from '@tinyfat/storage';
import { directoryFolders, directoryTurns, type TurnFolders, workingCopies } from '@tinyfat/storage/node';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { localRunner } from './local-runner.ts';

const path = (below: string) => fileURLToPath(new URL(`../../../../${below}`, import.meta.url));
const MEGABYTE = 1 << 20;

/** Where agents' folders lie, and how turns get them. */
type Folders = (
  root: string,
) => Promise<{ folders: AgentFolders; turns: TurnFolders; close(): Promise<void> }>;

const owner = sandboxOwner();

const onDisk: Folders = async (root) => {
  const folders = directoryFolders({ folder: join(root, 'agents'), owner });
  return { folders, turns: directoryTurns(folders), close: async () => {} };
};

const inBucket: Folders = async () => {
  const standIn = await startS3StandIn();
  const { url: endpoint, bucket, accessKeyId, secretAccessKey } = standIn;
  const account = { endpoint, bucket, region: 'auto', credentials: { accessKeyId, secretAccessKey } };
  const runtime = { clock: Date.now, random: Math.random };
  return {
    folders: s3Folders({ bucket: openBucket(account, runtime), root: '', clock: Date.now }),
    turns: workingCopies({
      open: (credentials) => openBucket({ ...account, credentials }, runtime),
      mint: r2Credentials(account, Date.now),
      root: '',
      owner,
      clock: Date.now,
    }),
    close: standIn.close,
  };
};

async function fixture(where: Folders): Promise<TurnRunnerFixture> {
  const root = await mkdtemp(join(tmpdir(), 'tinyfat-runner-'));
  await chmod(root, 0o755);
  for (const folder of ['turns', 'agents']) mkdirSync(join(root, folder));
  const model = await startAnthropicStandIn();
  const gateways = createGateways({ now: Date.now });
  const { folders, turns, close } = await where(root);
  const runner = localRunner({
    sandbox: bubblewrap({ nodeBinary: process.execPath, runtimeFolder: join(root, 'sandbox') }),
    gateways,
    folders: turns,
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
    onStorageFault: () => {},
  });
  return {
    runner,
    folders,
    model,
    async dispose() {
      await gateways.close();
      await model.close();
      await close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

turnRunnerContract('local', () => fixture(onDisk));
turnRunnerContract('local, with folders in a bucket', () => fixture(inBucket));
