/** What runs turns: a sandbox that was tried out, the gateways, and step-mom in it. */
import { mkdirSync } from 'node:fs';
import type { FolderMeter, Runtime, TurnRunner } from '@tinyfat/core';
import { createGateways } from '@tinyfat/gateway/node';
import type { Sandbox } from '@tinyfat/sandbox';
import { bubblewrap, removeStaleRuns, sandboxOwner } from '@tinyfat/sandbox';
import { localRunner, probeStepMom } from '@tinyfat/sandbox-spike';
import { folderThread, removeAll } from '@tinyfat/storage/node';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import { programPaths } from '../program.ts';
import { type Part, StartRefused } from './part.ts';
import { sandboxLimits } from './sandbox-limits.ts';

export interface Turns {
  sandbox: Sandbox;
  runner: TurnRunner;
  measureFolder: FolderMeter;
  close(): Promise<void>;
}

/** Takes away what dead runs left. Before the first turn may come it runs a sandbox, and a new bundle of step-mom. */
export function turns(
  config: Pick<Config, 'turnTimeoutMs' | 'egressAllow' | 'workers'>,
  { paths, turnFolders }: Pick<DataFolder, 'paths' | 'turnFolders'>,
  { clock, logger }: Runtime,
): Part<Turns> {
  return {
    name: 'turns',
    async start() {
      await removeAll(paths.turns);
      for (const folder of [paths.turns, paths.sandbox]) mkdirSync(folder, { recursive: true, mode: 0o700 });
      await removeStaleRuns(paths.sandbox, logger);
      const sandbox = bubblewrap({
        nodeBinary: process.execPath,
        runtimeFolder: paths.sandbox,
        runsAtOnce: config.workers,
        logger,
      });
      const program = {
        sandbox,
        runtimeFolder: paths.turns,
        programFolder: programPaths.stepMom,
        limits: sandboxLimits(config.turnTimeoutMs),
      };
      const probe = await sandbox.probe();
      if (!probe.ok) throw new StartRefused(probe.reason, probe.fix);
      const stepMom = await probeStepMom({ ...program, cacheFolder: paths.cache, owner: sandboxOwner() });
      if (!stepMom.ok) throw new StartRefused(stepMom.reason, 'npm run build');
      const thread = folderThread();
      const gateways = createGateways({ now: clock, allow: config.egressAllow });
      const runner = localRunner({
        ...program,
        cache: stepMom.cache,
        gateways,
        folders: turnFolders,
        skillsFolder: programPaths.skills,
        folderThread: thread,
        logger,
        onGatewayEvent(run, { kind, ...event }) {
          if (kind === 'fault') logger.error('gateway_fault', { run, ...event });
          else logger.debug('gateway', { run, kind, ...event });
        },
      });
      const measure: FolderMeter = (agentId, mostBytes, signal) =>
        turnFolders.measure(agentId, async (path) => (await thread.measure(path, mostBytes, signal)).bytes);
      return {
        sandbox,
        runner,
        measureFolder: measure,
        async close() {
          await gateways.close();
          await thread.close();
        },
      };
    },
    stop: (running) => running.close(),
  };
}
