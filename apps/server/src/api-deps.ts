/** What the JSON API needs, over an open data folder: the same for the server and for a command beside it. */
import { randomBytes } from 'node:crypto';
import { type Logger, newId } from '@tinyfat/core';
import { mailQueue } from '@tinyfat/intake';
import { jobQueue } from '@tinyfat/jobs';
import type { ApiDeps } from '@tinyfat/platform';
import { folderRunEvents } from '@tinyfat/storage';
import type { Config } from './config.ts';
import { type DataFolder, masterKeysOf } from './data-folder.ts';
import { readModels } from './models.ts';
import { programPaths } from './program.ts';
import { QUEUE_TIMES } from './queue-times.ts';

/** What only a running server has. Beside one, its workers look at their tables every second. */
type ServerDeps = Pick<ApiDeps, 'viewer' | 'mayCreateAgents' | 'wakeUp' | 'stopping'>;

/** Without a server nobody is signed in, and no worker is in this process. */
export const NO_SERVER: ServerDeps = {
  viewer: async () => null,
  mayCreateAgents: async () => false,
  wakeUp: { wake() {} },
  stopping: new AbortController().signal,
};

/** The dependencies over this folder. Throws when the sandbox's bundle was not built: the models are named there. */
export function apiDeps(
  config: Pick<Config, 'mailDomain' | 'adminEmails' | 'limits' | 'masterKeys' | 'ownerBudgetMicroUsd'>,
  data: DataFolder,
  logger: Logger,
  server: ServerDeps,
): ApiDeps {
  const { db, folders, rawMail } = data;
  const clock = Date.now;
  const makeId = () => newId(clock, randomBytes);
  const jobs = jobQueue({ ...QUEUE_TIMES, db, clock, makeId });
  return {
    ...server,
    db,
    folders,
    rawMail,
    events: folderRunEvents(folders, clock),
    clock,
    makeId,
    randomBytes,
    logger,
    mailDomain: config.mailDomain,
    adminEmails: config.adminEmails,
    ownerBudgetMicroUsd: config.ownerBudgetMicroUsd,
    models: readModels(programPaths.models),
    mails: mailQueue({ ...QUEUE_TIMES, db, jobs, clock, makeId, limits: config.limits }),
    masterKeys: masterKeysOf(config, data),
  };
}
