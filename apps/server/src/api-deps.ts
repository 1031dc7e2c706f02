/** What the JSON API needs, over an open data folder: the same for the server and for a command beside it. */
import { randomBytes } from 'node:crypto';
import type { Logger, Runtime } from '@tinyfat/core';
import { storeProviderKey } from '@tinyfat/database';
import { mailQueue } from '@tinyfat/intake';
import { jobQueue, QUEUE_TIMES } from '@tinyfat/jobs';
import type { MailViewer, MailWorkers } from '@tinyfat/mail';
import { type ApiDeps, takesWebhooks } from '@tinyfat/platform';
import { previewRetention, type RetentionDeps, runRetention } from '@tinyfat/retention';
import { folderRunEvents } from '@tinyfat/storage';
import type { Config } from './config.ts';
import { type DataFolder, masterKeysOf } from './data-folder.ts';
import { wayOut } from './mail-way.ts';
import { readModels } from './models.ts';
import { programPaths } from './program.ts';
import { ownFiles } from './retention/own-files.ts';
import { processRuntime } from './runtime.ts';

type ApiConfig = Pick<
  Config,
  | 'mailDomain'
  | 'adminEmails'
  | 'anthropic'
  | 'masterKeys'
  | 'ownerBudgetMicroUsd'
  | 'folderQuotaBytes'
  | 'retention'
  | 'webhooks'
  | 'mailProvider'
  | 'smtpUrl'
>;

/** What only a running server has. Beside one, its workers look at their tables every second. */
type ServerDeps = Pick<
  ApiDeps,
  'viewer' | 'mayCreateAgents' | 'localMail' | 'mailDomainLook' | 'wakeUp' | 'stopping' | 'health'
> & {
  /** What keeps mail from leaving; null where nothing is known. */
  mailOutProblem(): string | null;
};

/** A folder within its quota, of as many files as a large project has. */
const ARCHIVE_ENTRIES = 200_000;

/** Without a server nobody is signed in, and no worker is in this process. */
const NO_SERVER: ServerDeps = {
  viewer: async () => null,
  mayCreateAgents: async () => false,
  localMail: null,
  mailDomainLook: null,
  wakeUp: { wake() {} },
  stopping: new AbortController().signal,
  // A command has `tinyfat doctor`, which looks at more.
  health: async () => ({ ready: true, findings: [], online: false, see_also: 'Run tinyfat doctor.' }),
  mailOutProblem: () => null,
};

/** The dependencies over this folder, with what the process has already. */
export function apiDeps(
  config: ApiConfig,
  data: DataFolder,
  { clock, makeId, logger }: Runtime,
  { mailOutProblem, ...own }: ServerDeps & Pick<ApiDeps, 'mails' | 'mailViewer' | 'composer' | 'models'>,
): ApiDeps {
  const { db, folders, rawMail, paths } = data;
  const retention: RetentionDeps = {
    ...{ db, folders, rawMail, clock, makeId, logger },
    days: config.retention,
    ownFiles: ownFiles(paths),
  };
  return {
    ...own,
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
    operatorPays: config.anthropic.apiKey !== null,
    ownerBudgetMicroUsd: config.ownerBudgetMicroUsd,
    folderQuotaBytes: config.folderQuotaBytes,
    archiveBounds: { bytes: 2 * config.folderQuotaBytes, entries: ARCHIVE_ENTRIES },
    retention: {
      days: config.retention,
      preview: () => previewRetention(retention, own.stopping),
      run: async () => (await runRetention(retention, { daily: false, signal: own.stopping })) ?? {},
    },
    mailOut: { ...wayOut(config), problem: mailOutProblem },
    takesWebhooks: takesWebhooks(config.webhooks),
    storeKey: (key) => storeProviderKey(db, masterKeysOf(config, data), key),
  };
}

/** Those of a command. Throws when the sandbox's bundle was not built: the models are named there. */
export function commandApiDeps(
  config: ApiConfig & Pick<Config, 'limits'>,
  data: DataFolder,
  logger: Logger,
): ApiDeps {
  const runtime = processRuntime(logger);
  const { db } = data;
  const jobs = jobQueue({ ...runtime, ...QUEUE_TIMES, db, atOnce: 1 });
  const workers = briefMailWorkers(config.mailDomain);
  return apiDeps(config, data, runtime, {
    ...NO_SERVER,
    mailViewer: workers,
    composer: workers,
    models: readModels(programPaths.models),
    mails: mailQueue({ ...runtime, ...QUEUE_TIMES, db, jobs, limits: config.limits }),
  });
}

/** Works on one mail after the other, each in a thread that ends with it: a command stays for no thread. */
function briefMailWorkers(hostname: string): MailViewer & ApiDeps['composer'] {
  const withThread = async <Answer>(work: (workers: MailWorkers) => Promise<Answer>): Promise<Answer> => {
    // Few commands look at a mail, and all would wait for what parses them to be loaded.
    const { mailWorkers } = await import('@tinyfat/mail/node');
    const workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname });
    try {
      return await work(workers);
    } finally {
      await workers.close();
    }
  };
  return {
    view: (raw) => withThread((workers) => workers.view(raw)),
    viewHtml: (raw) => withThread((workers) => workers.viewHtml(raw)),
    viewPart: (raw, number) => withThread((workers) => workers.viewPart(raw, number)),
    readComposed: (raw) => withThread((workers) => workers.readComposed(raw)),
    compose: (mail) => withThread((workers) => workers.compose(mail)),
  };
}
