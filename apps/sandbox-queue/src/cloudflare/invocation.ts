/** What one invocation works with. Nothing of it outlives the invocation, whose connections end with it. */
import {
  type AgentFolders,
  CLOUDFLARE_SIZE_LIMIT,
  type FolderMeter,
  logRecorder,
  MAX_CLOUDFLARE_MESSAGE_BYTES,
  type RawMailStore,
  type Runtime,
  type TurnRunner,
} from '@tinyfat/core';
import type { Database } from '@tinyfat/database';
import { type IntakeDeps, mailQueue, receive, webhookPolicy } from '@tinyfat/intake';
import { jobQueue, QUEUE_TIMES, type QueueWakeUp } from '@tinyfat/jobs';
import {
  type MailWorkers,
  providerTransport,
  resendAccountOf,
  resendArchive,
  returnPath,
} from '@tinyfat/mail';
import type { NamedModel } from '@tinyfat/settings';
import type { ConsumerDeps } from '../consumer.ts';
import { consumerPolicy } from '../policy.ts';
import type { QueueSettings } from './config.ts';
import type { SweepDeps } from './sweep.ts';

/** The services that the Worker is bound to, opened for this invocation. */
export interface Services {
  db: Database;
  folders: AgentFolders;
  rawMail: RawMailStore;
  measureFolder: FolderMeter;
  workers: MailWorkers;
  runner: TurnRunner;
  wakeUp: QueueWakeUp;
  models: readonly NamedModel[];
}

/** The dependencies of all that an invocation can do. */
export function invocationDeps(settings: QueueSettings, runtime: Runtime, services: Services): SweepDeps {
  const { mailDomain, mailProvider, webhooks, retryBaseMs, operatorPays } = settings;
  const { wakeUp, rawMail, workers, db } = services;
  const { clock, logger } = runtime;
  const account = resendAccountOf(mailProvider, clock);
  const queue = jobQueue({ ...runtime, ...QUEUE_TIMES, db, atOnce: settings.workers });
  const recorder = logRecorder(logger);
  const consumer: ConsumerDeps = {
    ...runtime,
    ...services,
    ...consumerPolicy(settings),
    queue,
    transport: providerTransport(mailProvider, clock, account),
    recorder,
    operatorPays,
    publicUrl: settings.publicUrl,
  };

  const mails = mailQueue({
    ...runtime,
    db,
    jobs: queue,
    limits: settings.limits,
    ownerNoticeDelayMs: Math.min(QUEUE_TIMES.ownerNoticeDelayMs, 12 * retryBaseMs),
  });
  const intake: IntakeDeps = {
    ...runtime,
    ...{ db, mails, rawMail, recorder, wakeUp, mailDomain },
    sizeLimits: CLOUDFLARE_SIZE_LIMIT,
    inspect: workers.inspect,
    readReport: workers.readReport,
  };
  const policy = webhookPolicy(retryBaseMs);
  const sizes = { maxBytes: MAX_CLOUDFLARE_MESSAGE_BYTES, keepBytes: policy.oversizeBytes };
  const archive = account && resendArchive({ account, downloadHosts: webhooks.downloadHosts, ...sizes });
  return {
    consumer,
    wakeUp,
    webhooks: {
      ...runtime,
      ...policy,
      ...{ db, rawMail, wakeUp, mailDomain, returnPath },
      leaseMs: QUEUE_TIMES.leaseMs,
      receive: (message) => receive(intake, message),
      maxMessageBytes: MAX_CLOUDFLARE_MESSAGE_BYTES,
      resend: archive,
    },
    retention: { ...runtime, db, rawMail, folders: services.folders, days: settings.retention },
    reconcile: archive && webhooks.resendSecrets.length > 0 ? { ...runtime, db, archive, wakeUp } : null,
  };
}
