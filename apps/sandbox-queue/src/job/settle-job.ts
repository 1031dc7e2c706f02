/**
 * The one way in which a job ends: run, deliveries, mail state and job in a single transaction, and only while the lease
 * holds (invariants 1, 2 and 4). Whoever asked for its end before that transaction gets it: nothing else is written then.
 * A database that is away is waited for: what the turn came to is not asked for again.
 */
import { faultText } from '@tinyfat/core';
import {
  type Database,
  endRun,
  insertDeliveries,
  type LockName,
  type MailState,
  type RunEnd,
  runById,
  setMailState,
  stopsAsked,
  transact,
  type WrittenDelivery,
} from '@tinyfat/database';
import { LeaseLost, StopAsked, untilWritten } from '@tinyfat/jobs';
import type { ConsumerDeps, Work } from '../consumer.ts';
import { indexRun } from '../search/index-run.ts';

interface JobEnd {
  runId: string;
  run: RunEnd;
  deliveries: readonly WrittenDelivery[];
  mail: { state: MailState; reason: string };
  /** Writes rows that belong to it, under these locks; may be called again after a rollback. */
  also?: { locks: readonly LockName[]; write(tx: Database): Promise<void> };
}

/**
 * Throws `LeaseLost`, and writes nothing, when another worker has the job now; so does it with `StopAsked` where somebody
 * asked for its end, and this is another one.
 */
export async function settleJob(deps: ConsumerDeps, work: Work, end: JobEnd): Promise<void> {
  const { lease, mail, signal } = work;
  const write = () =>
    transact(deps.db, end.also?.locks ?? [], async (tx) => {
      const state = end.run.status === 'done' ? 'done' : 'failed';
      if (!(await deps.queue.finish(tx, lease, state, end.run.error ?? null))) throw new LeaseLost();
      if (end.run.error_code !== 'run_stopped' && (await stopsAsked(tx, [lease.jobId])).size > 0) {
        throw new StopAsked();
      }
      await endRun(tx, end.runId, end.run);
      await insertDeliveries(tx, end.deliveries);
      await setMailState(tx, mail.id, end.mail.state, end.mail.reason);
      await end.also?.write(tx);
      return null;
    }).catch((error: unknown) => {
      if (error instanceof LeaseLost || error instanceof StopAsked) return error;
      throw error;
    });
  const what = { job: lease.jobId, run: end.runId };
  const refusal = await untilWritten({ logger: deps.logger, signal, what }, write);
  if (refusal !== null) throw refusal;
  if (end.deliveries.length > 0) deps.wakeUp.wake('deliveries');
  await indexRun(deps, end.runId);
  await recordRun(deps, work, end.runId).catch((error) =>
    deps.logger.warn('run_not_recorded', { run: end.runId, error: faultText(error) }),
  );
}

async function recordRun(deps: ConsumerDeps, { agent, mail }: Work, runId: string): Promise<void> {
  const run = await runById(deps.db, runId);
  if (!run || run.status === 'running' || run.status === 'waiting') return;
  deps.recorder.run({
    trace: mail.id,
    run: run.id,
    agent: agent.name,
    kind: run.kind,
    status: run.status,
    code: run.error_code,
    attempt: run.attempt,
    model: run.model,
    usage: {
      input: run.input_tokens,
      output: run.output_tokens,
      cacheRead: run.cache_read_tokens,
      cacheWrite: run.cache_write_tokens,
    },
    costUsd: run.cost_usd,
    waitedMs: run.started_at - mail.received_at,
    durationMs: (run.finished_at ?? run.started_at) - run.started_at,
  });
}
