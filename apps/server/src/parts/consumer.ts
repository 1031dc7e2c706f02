/** The workers on jobs, deliveries and notices of limits. */
import { type ProcessWakeUp, startWorkLoop, type WorkLoop } from '@tinyfat/jobs';
import {
  ALERTS_EVERY_MS,
  type ConsumerDeps,
  collectAlerts,
  consumerWork,
  startLimitNotices,
  startOwnerNotices,
  startSender,
  syncOutbox,
} from '@tinyfat/sandbox-queue';
import type { Config } from '../config.ts';
import type { Part } from './part.ts';
import { type Recurring, startRecurring } from './recurring.ts';

/** How long deliveries and notices under way may go on at a stop. */
const SENDER_DRAIN_MS = 10_000;
const NOTICES_DRAIN_MS = 5000;

/** Hands deliveries to the provider, and files what became of them. */
export function sender(deps: ConsumerDeps, wakeUp: ProcessWakeUp): Part<WorkLoop> {
  return {
    name: 'sender',
    async start() {
      const loop = startSender(deps);
      wakeUp.on('deliveries', loop.wake);
      wakeUp.on('reports', () => void syncOutbox(deps));
      return loop;
    },
    stop: (loop) => loop.stop(SENDER_DRAIN_MS),
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

/** Mails owners about what they chose: looks for it once a minute, and sends. */
export function ownerNotices(deps: ConsumerDeps): Part<{ loop: WorkLoop; looking: Recurring }> {
  return {
    name: 'owner notices',
    start: async () => ({
      loop: startOwnerNotices(deps),
      looking: startRecurring(ALERTS_EVERY_MS, () => collectAlerts(deps), 'later'),
    }),
    async stop({ loop, looking }) {
      await looking.stop();
      await loop.stop(NOTICES_DRAIN_MS);
    },
  };
}

/** Runs turns and commands, as many at once as WORKERS. */
export function jobWorker(
  { workers: concurrency }: Pick<Config, 'workers'>,
  deps: ConsumerDeps,
  wakeUp: ProcessWakeUp,
): Part<WorkLoop> {
  return {
    name: 'job worker',
    async start() {
      const loop = startWorkLoop(consumerWork(deps, concurrency));
      wakeUp.on('jobs', loop.wake);
      return loop;
    },
    stop: (loop, drainMs) => loop.stop(drainMs),
  };
}
