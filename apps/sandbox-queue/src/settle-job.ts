/**
 * The one way in which a job ends: run, deliveries, mail state and job in a single transaction, and only while
 * the lease holds. Whatever was decided before is worth nothing without it (invariants 1, 2 and 4).
 */
import {
  type Database,
  endRun,
  insertDeliveries,
  type MailState,
  type NewDelivery,
  type RunEnd,
  setMailState,
} from '@tinyfat/database';
import { type ConsumerPorts, LeaseLost, type Work } from './consumer.ts';

/** What a job came to. */
export interface JobEnd {
  runId: string;
  run: RunEnd;
  deliveries: readonly NewDelivery[];
  mail: { state: MailState; reason: string };
  /** Anything else that must be true with it, for example the session that /clear began. */
  also?: (tx: Database) => Promise<void>;
}

/** Writes the end of a job; throws `LeaseLost` and writes nothing when somebody else has the job now. */
export async function settleJob(ports: ConsumerPorts, { lease, mail }: Work, end: JobEnd): Promise<void> {
  await ports.db.transaction().execute(async (tx) => {
    const state = end.run.status === 'done' ? 'done' : 'failed';
    if (!(await ports.queue.finish(tx, lease, state, end.run.error ?? null))) throw new LeaseLost(lease);
    await endRun(tx, end.runId, end.run);
    await insertDeliveries(tx, end.deliveries);
    await setMailState(tx, mail.id, end.mail.state, end.mail.reason);
    await end.also?.(tx);
  });
  if (end.deliveries.length > 0) ports.onDeliveries();
}
