/** How much a thread has computed, seen from outside. */
import type { Worker } from 'node:worker_threads';

/** A thread that does not answer within this is deep in one native call; one that waits answers at once. */
const ANSWER_MS = 1000;

/**
 * Processor time of a thread since its start, ms: NaN where it is too busy to say, 0 where it has ended. Where Node
 * can't tell (before 24.6), the time in which its event loop was not waiting, which counts what other processes took.
 */
export async function computedMs(worker: Worker): Promise<number> {
  const { cpuUsage }: Partial<Pick<Worker, 'cpuUsage'>> = worker;
  if (cpuUsage === undefined) return worker.performance.eventLoopUtilization().active;
  const late = Promise.withResolvers<number>();
  const timer = setTimeout(() => late.resolve(Number.NaN), ANSWER_MS);
  const usage = cpuUsage.call(worker).then(
    ({ user, system }) => (user + system) / 1000,
    () => 0,
  );
  try {
    return await Promise.race([usage, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
