/** The workers on jobs, deliveries and notices of limits. */
import { type ProcessWakeUp, startWorker, type WorkLoop } from '@tinyfat/jobs';
import {
  type ConsumerDeps,
  handleJob,
  startLimitNotices,
  startSender,
  syncOutbox,
} from '@tinyfat/sandbox-queue';
import type { Config } from '../config.ts';
import { QUEUE_TIMES } from '../queue-times.ts';
import type { Part } from './part.ts';

/** How long deliveries and notices under way may go on at a stop. */
const SENDER_DRAIN_MS = 10_000;
const NOTICES_DRAIN_MS = 5000;

/** How often deliveries are looked for that another process settled and did not file. */
const FILE_EVERY_MS = 5000;

interface Sender {
  stop(): Promise<void>;
}

/** Hands deliveries to the provider, and files what became of them. */
export function sender(deps: ConsumerDeps, wakeUp: ProcessWakeUp): Part<Sender> {
  return {
    name: 'sender',
    async start() {
      const loop = await startSender(deps);
      wakeUp.on('deliveries', loop.wake);
      const filing = startFiling(deps);
      wakeUp.on('reports', filing.file);
      return {
        async stop() {
          await loop.stop(SENDER_DRAIN_MS);
          await filing.stop();
        },
      };
    },
    stop: (running) => running.stop(),
  };
}

/** Files now and then, and when asked to; one look at a time. */
function startFiling(deps: ConsumerDeps): { file(): void; stop(): Promise<void> } {
  const tried = new Set<string>();
  let filing = Promise.resolve();
  let waiting = false;
  const file = () => {
    if (waiting) return;
    waiting = true;
    filing = filing.then(() => {
      waiting = false;
      return syncOutbox(deps, tried);
    });
  };
  const timer = setInterval(file, FILE_EVERY_MS);
  timer.unref();
  return {
    file,
    async stop() {
      clearInterval(timer);
      await filing;
    },
  };
}

/** Says by mail that mails wait because of a limit. */
export function limitNotices(deps: ConsumerDeps): Part<WorkLoop> {
  return {
    name: 'limit notices',
    start: async () => startLimitNotices(deps),
    stop: (loop) => loop.stop(NOTICES_DRAIN_MS),
  };
}

/** Runs turns and commands, as many at once as WORKERS. */
export function jobWorker(
  { workers: concurrency, retryBaseMs }: Pick<Config, 'workers' | 'retryBaseMs'>,
  deps: ConsumerDeps,
  wakeUp: ProcessWakeUp,
): Part<WorkLoop> {
  return {
    name: 'job worker',
    async start() {
      const { queue, clock, logger } = deps;
      const loop = startWorker({
        queue,
        clock,
        logger,
        concurrency,
        leaseMs: QUEUE_TIMES.leaseMs,
        pollMs: 1000,
        handle: (lease, signal) => handleJob(deps, lease, signal),
        retryAt: () => clock() + retryBaseMs,
      });
      wakeUp.on('jobs', loop.wake);
      return loop;
    },
    stop: (loop, drainMs) => loop.stop(drainMs),
  };
}
