/** What is on disk: the folder, with the database, the agents' folders and the mails in it. */
import type { Logger } from '@tinyfat/core';
import { databaseFaultText, transactOnce } from '@tinyfat/database';
import type { Config } from '../config.ts';
import { type DataFolder, type DataSettings, openDataFolder } from '../data-folder.ts';
import { lockDataFolder } from '../files/lock.ts';
import { readSignInKey } from '../files/sign-in-key-file.ts';
import type { Role } from '../roles.ts';
import { type Part, StartRefused } from './part.ts';

/** How often the log says that connections to the database broke. */
const SAID_EVERY_MS = 60_000;

/** Holds the folder against other servers: alone, or beside other processes with one role each. */
export function folderLock({ dataDir }: Pick<Config, 'dataDir'>, role: Role): Part<{ release(): void }> {
  return {
    name: 'folder lock',
    async start() {
      const lock = lockDataFolder(dataDir, role);
      if (!lock.ok) throw new StartRefused(lock.reason, lock.fix);
      return lock;
    },
    stop: (lock) => lock.release(),
  };
}

/** Opens the folder and brings its database up to date. */
export function dataFolder(settings: DataSettings, logger: Logger): Part<DataFolder> {
  let lostSaidAt = Number.NEGATIVE_INFINITY;
  return {
    name: 'data folder',
    start: () =>
      openDataFolder(settings, {
        onUpgrade: ({ from, to, copy }) => logger.info('database_upgraded', { from, to, copy }),
        onIdleError: (error) => {
          // A pool loses all of its connections together.
          const instant = performance.now();
          if (instant - lostSaidAt < SAID_EVERY_MS) return;
          lostSaidAt = instant;
          logger.warn('database_connection_lost', { error: databaseFaultText(error) });
        },
      }),
    stop: (data) => data.close(),
  };
}

/** The bytes of the key that signs sessions; made at the first start. */
export function signInKeyBytes(
  { signInKey: set }: Pick<Config, 'signInKey'>,
  { db, paths }: DataFolder,
): Part<Uint8Array<ArrayBuffer>> {
  return {
    name: 'sign-in key',
    async start() {
      const read = await transactOnce(db, [], (tx) => readSignInKey(tx, set, paths.signInKey));
      if (read.ok) return read.bytes;
      throw new StartRefused(
        `The key that signs sessions can not be used. ${read.detail}`,
        `Mend what is named, or remove ${paths.signInKey}: everybody then signs in again.`,
      );
    },
  };
}
