/** The folder of this process below `DATA_DIR/run`, and the removal of those of processes that have died. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { faultText, type Logger } from '@tinyfat/core';
import { removeStaleRuns } from '@tinyfat/sandbox';
import { removeAll } from '@tinyfat/storage/node';
import type { DataFolder } from '../data-folder.ts';
import {
  type DeadFolder,
  makeRunFolder,
  type RunFolder,
  removeAddress,
  type ServerAddress,
  takeDeadFolders,
  writeAddress,
} from '../files/run-folders.ts';
import { forgetWaker } from '../files/wake-folder.ts';
import type { Role } from '../roles.ts';
import type { Part } from './part.ts';
import { startRecurring } from './recurring.ts';

type Paths = Pick<DataFolder['paths'], 'run' | 'sandbox' | 'wake'>;

const LOOK_EVERY_MS = 60_000;

/** Makes the folder. */
export function runFolder({ run }: Pick<Paths, 'run'>, role: Role): Part<RunFolder> {
  return {
    name: 'run folder',
    start: async () => makeRunFolder(run, role),
    stop: (own) => own.release(),
  };
}

/** Tells commands on this machine where the process listens. */
export function addressFile(own: RunFolder, address: Omit<ServerAddress, 'pid'>): Part<void> {
  return {
    name: 'address file',
    start: async () => writeAddress(own, { ...address, pid: process.pid }),
    stop: () => removeAddress(own),
  };
}

/**
 * Ends what sandboxes of dead processes left running, and removes their folders: now, and once a minute. Starts with how
 * many other processes live on the folder.
 */
export function deadRuns(paths: Paths, own: Pick<RunFolder, 'name'>, logger: Logger): Part<DeadRuns> {
  return {
    name: 'dead runs',
    async start() {
      await removeRunsOfOldVersions(paths, logger);
      const others = await removeDeadRuns(paths, own, logger);
      const look = async () => {
        await removeDeadRuns(paths, own, logger).catch((error: unknown) =>
          logger.warn('dead_runs_stay', { error: faultText(error) }),
        );
      };
      return { others, stop: startRecurring(LOOK_EVERY_MS, look, 'later').stop };
    },
    stop: (running) => running.stop(),
  };
}

interface DeadRuns {
  others: number;
  stop(): Promise<void>;
}

/** Removes what versions that had one process left. */
export async function removeRunsOfOldVersions({ run, sandbox }: Paths, logger: Logger): Promise<void> {
  await removeStaleRuns(sandbox, logger);
  await removeAll(join(run, 'turns'));
}

/** Gives the number of other processes that live. */
export async function removeDeadRuns(
  { run, wake }: Pick<Paths, 'run' | 'wake'>,
  own: Pick<RunFolder, 'name'>,
  logger: Logger,
): Promise<number> {
  const { dead, others } = takeDeadFolders(run, own.name);
  for (const folder of dead) await removeDead(folder, wake, logger);
  return others;
}

/** A folder whose cgroups can not be removed stays for the next look. */
async function removeDead(
  { path, records, release }: DeadFolder,
  wake: string,
  logger: Logger,
): Promise<void> {
  try {
    await removeStaleRuns(records, logger);
    forgetWaker(wake, basename(path));
    // What is still recorded could not be removed, as the log says.
    if (isFolderOfSome(join(records, 'servers'))) return;
    await removeAll(path);
    logger.info('dead_process_cleaned_up', { process: basename(path) });
  } finally {
    release();
  }
}

function isFolderOfSome(path: string): boolean {
  return existsSync(path) && readdirSync(path).length > 0;
}
