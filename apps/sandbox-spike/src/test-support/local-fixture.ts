/** The local runner over real sandboxes and a stand-in for the model, in a temporary folder. */
import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TurnRunnerFixture, testUpstream } from '@tinyfat/contracts';
import type { AgentFolders } from '@tinyfat/core';
import { createGateways } from '@tinyfat/gateway/node';
import { bubblewrap, sandboxOwner } from '@tinyfat/sandbox';
import { bucketFolders, openBucket, r2Credentials } from '@tinyfat/storage';
import {
  directoryFolders,
  directoryTurns,
  folderThread,
  type TurnFolders,
  workingCopies,
} from '@tinyfat/storage/node';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { localRunner } from '../local/local-runner.ts';

const path = (below: string) => fileURLToPath(new URL(`../../../../${below}`, import.meta.url));
const MEGABYTE = 1 << 20;

/** Where agents' folders lie, and how turns get them. */
interface Place {
  folders: AgentFolders;
  turns: TurnFolders;
  close(): Promise<void>;
}

/** Folders of this machine. */
function onDisk(folder: string): Place {
  const folders = directoryFolders({ folder, owner: sandboxOwner() });
  return { folders, turns: directoryTurns(folders), close: async () => {} };
}

/** Folders in a bucket of a stand-in. */
export async function inBucket(): Promise<Place> {
  const standIn = await startS3StandIn();
  const { url: endpoint, bucket: name, accessKeyId, secretAccessKey } = standIn;
  const account = { endpoint, bucket: name, region: 'auto', credentials: { accessKeyId, secretAccessKey } };
  const runtime = { clock: Date.now, random: Math.random };
  const bucket = openBucket(account, runtime);
  return {
    folders: bucketFolders({ bucket, root: '', clock: Date.now }),
    turns: workingCopies({
      bucket,
      open: (credentials) => openBucket({ ...account, credentials }, runtime),
      mint: r2Credentials(account, Date.now),
      root: '',
      owner: sandboxOwner(),
      clock: Date.now,
    }),
    close: standIn.close,
  };
}

/** Opens it; agents' folders lie in `agents`, a folder or another place, by default below the temporary one. */
export async function openLocalRunner(
  agents?: string | Place,
): Promise<TurnRunnerFixture & { warnings: string[] }> {
  const root = await mkdtemp(join(tmpdir(), 'tinyfat-runner-'));
  await chmod(root, 0o755);
  mkdirSync(join(root, 'turns'));
  const model = await startAnthropicStandIn();
  const gateways = createGateways({ now: Date.now });
  const thread = folderThread();
  const place = typeof agents === 'object' ? agents : onDisk(agents ?? join(root, 'agents'));
  const warnings: string[] = [];
  const runner = localRunner({
    sandbox: bubblewrap({ nodeBinary: process.execPath, runtimeFolder: join(root, 'sandbox') }),
    gateways,
    upstreams: (upstream) => testUpstream(upstream, model.url),
    folders: place.turns,
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
    folders: place.folders,
    model,
    warnings,
    async dispose() {
      await gateways.close();
      await thread.close();
      await model.close();
      await place.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
