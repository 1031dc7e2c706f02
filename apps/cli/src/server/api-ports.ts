/** What the JSON API needs, over an open data folder: the same for the server and for a command beside it. */
import { randomBytes } from 'node:crypto';
import { type Logger, newId } from '@tinyfat/core';
import type { ApiPorts } from '@tinyfat/platform';
import { databaseQueue } from '@tinyfat/queue';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import { firstFiles } from '../first-files.ts';
import { masterKeySource, storeProviderKey } from './master-keys.ts';
import { readModels } from './models.ts';
import { programPaths } from './program.ts';
import { QUEUE_TIMES } from './queue-times.ts';

/** What only a running server has. Beside one, its queue and its sender look for themselves every second. */
export type ServerParts = Pick<
  ApiPorts,
  'viewer' | 'mayCreateAgents' | 'onJobs' | 'onDeliveries' | 'stopping'
>;

/** Without a server nobody is signed in, and nothing waits to be woken. */
export const NO_SERVER: ServerParts = {
  viewer: async () => null,
  mayCreateAgents: async () => false,
  onJobs: () => {},
  onDeliveries: () => {},
  stopping: new AbortController().signal,
};

/** The ports over this folder. Throws when the sandbox's bundle was not built: the models are named there. */
export function apiPorts(
  config: Pick<Config, 'mailDomain' | 'adminEmails' | 'limits' | 'masterKeys' | 'ownerBudgetMicroUsd'>,
  data: DataFolder,
  logger: Logger,
  server: ServerParts,
): ApiPorts {
  const { db, folders, rawMail } = data;
  const clock = Date.now;
  const makeId = () => newId(clock, randomBytes);
  const queue = databaseQueue({ ...QUEUE_TIMES, db, clock, makeId, limits: config.limits });
  const source = masterKeySource(config, data);
  return {
    ...server,
    db,
    folders,
    rawMail,
    clock,
    makeId,
    randomBytes,
    logger,
    mailDomain: config.mailDomain,
    adminEmails: config.adminEmails,
    ownerBudgetMicroUsd: config.ownerBudgetMicroUsd,
    models: readModels(programPaths.models),
    firstFiles,
    releaseMail: queue.releaseMail,
    storeKey: (key) => storeProviderKey(db, source, key),
  };
}
