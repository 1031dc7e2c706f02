/** What runs turns: a sandbox that was tried out, the gateways, and step-mom in it. */
import { mkdirSync } from 'node:fs';
import type { FolderMeter, Runtime, TurnRunner } from '@tinyfat/core';
import { createGateways } from '@tinyfat/gateway/node';
import type { Sandbox } from '@tinyfat/sandbox';
import { bubblewrap, sandboxOwner } from '@tinyfat/sandbox';
import { llmUpstreams, localRunner, probeStepMom } from '@tinyfat/sandbox-spike';
import { folderThread } from '@tinyfat/storage/node';
import type { Config } from '../config.ts';
import { type DataFolder, masterKeysOf } from '../data-folder.ts';
import type { RunFolder } from '../files/run-folders.ts';
import { programPaths } from '../program.ts';
import { type Part, StartRefused } from './part.ts';
import { sandboxLimits } from './sandbox-limits.ts';

export interface Turns {
  sandbox: Sandbox;
  runner: TurnRunner;
  measureFolder: FolderMeter;
  close(): Promise<void>;
}

/**
 * Before the first turn may come it runs a sandbox, and a new bundle of step-mom. `alone`: no other process is on the
 * folder.
 */
export function turns(
  config: Pick<Config, 'turnTimeoutMs' | 'egressAllow' | 'workers' | 'anthropic' | 'masterKeys'>,
  data: Pick<DataFolder, 'db' | 'paths' | 'turnFolders'>,
  runFolder: Pick<RunFolder, 'turns' | 'records'>,
  { clock, logger, alone }: Pick<Runtime, 'clock' | 'logger'> & { alone: boolean },
): Part<Turns> {
  return {
    name: 'turns',
    async start() {
      const { db, paths, turnFolders } = data;
      mkdirSync(paths.sandbox, { recursive: true, mode: 0o700 });
      const sandbox = bubblewrap({
        nodeBinary: process.execPath,
        runtimeFolder: paths.sandbox,
        recordFolder: runFolder.records,
        runsAtOnce: config.workers,
        logger,
      });
      const program = {
        sandbox,
        runtimeFolder: runFolder.turns,
        programFolder: programPaths.stepMom,
        limits: sandboxLimits(config.turnTimeoutMs),
      };
      const probe = await sandbox.probe();
      if (!probe.ok) throw new StartRefused(probe.reason, probe.fix);
      const stepMom = await probeStepMom({
        ...program,
        cacheFolder: paths.cache,
        owner: sandboxOwner(),
        alone,
      });
      if (!stepMom.ok) throw new StartRefused(stepMom.reason, 'npm run build');
      const thread = folderThread();
      const gateways = createGateways({ now: clock, allow: config.egressAllow });
      const runner = localRunner({
        ...program,
        cache: stepMom.cache,
        gateways,
        upstreams: llmUpstreams({
          db,
          clock,
          logger,
          baseUrl: config.anthropic.baseUrl,
          operatorKey: config.anthropic.apiKey,
          readMasterKeys: masterKeysOf(config, data).read,
        }),
        folders: turnFolders,
        skillsFolder: programPaths.skills,
        folderThread: thread,
        logger,
        onGatewayEvent(run, { kind, ...event }) {
          if (kind === 'fault') logger.error('gateway_fault', { run, ...event });
          else logger.debug('gateway', { run, kind, ...event });
        },
      });
      return {
        sandbox,
        runner,
        measureFolder: turnFolders.meter(
          async (path, mostBytes, signal) => (await thread.measure(path, mostBytes, signal)).bytes,
        ),
        async close() {
          await gateways.close();
          await thread.close();
        },
      };
    },
    stop: (running) => running.close(),
  };
}
