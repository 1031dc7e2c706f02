/** What a process that works on jobs and deliveries needs, by the settings. */
import type { FolderMeter, Recorder, Runtime, TurnRunner, WakeUp } from '@tinyfat/core';
import type { JobQueue } from '@tinyfat/jobs';
import type { MailWorkers } from '@tinyfat/mail';
import { type ConsumerDeps, consumerPolicy } from '@tinyfat/sandbox-queue';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';

interface Given {
  runtime: Runtime;
  data: DataFolder;
  queue: JobQueue;
  workers: MailWorkers;
  transport: ConsumerDeps['transport'];
  runner: TurnRunner;
  measureFolder: FolderMeter;
  recorder: Recorder;
  wakeUp: WakeUp;
  models: ConsumerDeps['models'];
}

/** Its policy is that of all consumers. */
export function consumerDeps(config: Config, { runtime, data, ...given }: Given): ConsumerDeps {
  return {
    ...runtime,
    ...given,
    ...consumerPolicy(config),
    db: data.db,
    folders: data.folders,
    rawMail: data.rawMail,
    publicUrl: config.publicUrl,
    operatorPays: config.anthropic.apiKey !== null,
  };
}
