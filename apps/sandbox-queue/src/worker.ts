/**
 * The consumer on Cloudflare: a batch of wake-ups of the queues, and once a minute a sweep. Wiring only: each invocation opens
 * what it works with, and closes it.
 */
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import { queueWakeUp, type WakeQueue } from '@tinyfat/jobs';
import type { MailBinding } from '@tinyfat/mail/isolate';
import { mailService } from '@tinyfat/mail/service';
import { type AgentObjects, remoteRunner } from '@tinyfat/sandbox/remote';
import { isolateLogger, isolateRuntime, parseModels } from '@tinyfat/settings';
import { bucketFolders, bucketMeter, bucketRawMail, openR2Bucket, type R2Binding } from '@tinyfat/storage';
import models from '../../../dist/step-mom/models.json' with { type: 'json' };
import { logDeadLetters, type QueueMessage, workBatch } from './cloudflare/batch.ts';
import { type QueueSettings, readSettings } from './cloudflare/config.ts';
import { invocationDeps } from './cloudflare/invocation.ts';
import { type SweepDeps, sweep } from './cloudflare/sweep.ts';
import { untilOf, workOnTopic } from './cloudflare/work.ts';

/** Its bindings, beside variables and secrets. */
interface Bindings {
  DATA: R2Binding<ReadableStream<Uint8Array>>;
  HYPERDRIVE: { connectionString: string };
  MAIL: MailBinding;
  SANDBOX: AgentObjects;
  JOBS: WakeQueue;
  TASKS: WakeQueue;
}

/** What of the runtime's arguments is used. */
interface Batch {
  /** The name of the queue. */
  queue: string;
  messages: readonly QueueMessage[];
}
interface Cron {
  /** Epoch ms. */
  scheduledTime: number;
}
interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  async queue(batch: Batch, env: Bindings, ctx: Context): Promise<void> {
    // Settings that can't be used may be what they died of.
    if (batch.queue.endsWith('-dead')) return logDeadLetters(batch.messages, isolateLogger('error'));
    const settings = readSettings(env);
    const until = untilOf(Date.now(), settings.turnTimeoutMs);
    await invocation(settings, env, ctx, (deps) =>
      workBatch(batch.messages, (topic) => workOnTopic(deps, topic, until), deps.consumer.logger),
    );
  },

  async scheduled(cron: Cron, env: Bindings, ctx: Context): Promise<void> {
    await invocation(readSettings(env), env, ctx, (deps) => sweep(deps, cron.scheduledTime));
  },
};

async function invocation(
  settings: QueueSettings,
  env: Bindings,
  ctx: Context,
  work: (deps: SweepDeps) => Promise<void>,
): Promise<void> {
  const runtime = isolateRuntime(settings.logLevel);
  const { clock, logger } = runtime;
  const db = openHyperdrive(env.HYPERDRIVE.connectionString);
  const bucket = openR2Bucket(env.DATA, runtime);
  const storage = { bucket, root: '' };
  try {
    await work(
      invocationDeps(settings, runtime, {
        db,
        folders: bucketFolders({ ...storage, clock }),
        rawMail: bucketRawMail(storage),
        measureFolder: bucketMeter(storage),
        workers: mailService(env.MAIL),
        runner: remoteRunner(env.SANDBOX),
        wakeUp: queueWakeUp({
          jobs: env.JOBS,
          tasks: env.TASKS,
          waitUntil: (promise) => ctx.waitUntil(promise),
          logger,
        }),
        models: parseModels(models),
      }),
    );
  } finally {
    await db.destroy();
  }
}
