/** What a process that works on jobs and deliveries needs, by the settings. */
import type { FolderMeter, Recorder, Runtime, TurnRunner, WakeUp } from '@tinyfat/core';
import type { JobQueue } from '@tinyfat/jobs';
import type { MailWorkers } from '@tinyfat/mail';
import type { ConsumerDeps } from '@tinyfat/sandbox-queue';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import { QUEUE_TIMES } from '../queue-times.ts';

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

/** The waits between attempts and the limits of a turn are the settings' or fixed here. */
export function consumerDeps(config: Config, { runtime, data, ...given }: Given): ConsumerDeps {
  const backoff = { baseMs: config.retryBaseMs, maxAttempts: QUEUE_TIMES.maxAttempts };
  return {
    ...runtime,
    ...given,
    db: data.db,
    folders: data.folders,
    rawMail: data.rawMail,
    leaseMs: QUEUE_TIMES.leaseMs,
    mailDomain: config.mailDomain,
    operatorPays: config.anthropic.apiKey !== null,
    ownerBudgetMicroUsd: config.ownerBudgetMicroUsd,
    defaultModel: 'haiku',
    jobBackoff: { ...backoff, capMs: 10 * 60_000 },
    deliveryBackoff: { baseMs: config.retryBaseMs, capMs: 60 * 60_000, maxAttempts: 30 },
    limits: {
      deadline_ms: config.turnTimeoutMs,
      stall_ms: Math.min(120_000, Math.ceil(config.turnTimeoutMs / 2)),
      retry_base_ms: Math.min(2000, config.retryBaseMs),
      llm_retries: 3,
      event_output_chars: 4000,
    },
    folderQuotaBytes: config.folderQuotaBytes,
  };
}
