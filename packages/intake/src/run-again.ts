/**
 * Runs a mail again that had its turn: a job of its own behind all that wait, and a run that names the old one. The mail was
 * taken once and is not judged anew; who gets the answer follows from the mail, as it did before.
 */
import type { Clock, MakeId } from '@tinyfat/core';
import {
  agentById,
  type Database,
  deliveriesOfMail,
  insertRunAgain,
  isRunOver,
  mailById,
  queueAgain,
  type Run,
  runById,
  runsOfMail,
  transact,
} from '@tinyfat/database';
import type { JobQueue } from '@tinyfat/jobs';

/** What is run again. `text` stands in the place of what the sender wrote; null = the mail as it came. */
export interface AgainRequest {
  runId: string;
  text: string | null;
}

/**
 * The new run, or why there is none: the run, or another one of its mail, has not ended; an answer to the mail is still to
 * be sent or awaits approval; the stored message was removed at this time (epoch ms); the agent is deleted.
 */
export type Again =
  | { ok: true; runId: string }
  | { ok: false; why: 'unknown' | 'not_over' | 'answer_under_way' | 'agent_deleted' }
  | { ok: false; why: 'raw_removed'; at: number };

interface RunAgainDeps {
  db: Database;
  jobs: Pick<JobQueue, 'add'>;
  clock: Clock;
  makeId: MakeId;
}

/** Of two that ask at once for the same mail one gets a run. */
export async function runAgain(deps: RunAgainDeps, { runId, text }: AgainRequest): Promise<Again> {
  const run = await runById(deps.db, runId);
  if (!run) return { ok: false, why: 'unknown' };
  return await transact(deps.db, [`agent:${run.agent_id}`], async (tx) => {
    const refusal = await whyNot(tx, run);
    if (refusal !== null) return refusal;
    if (!(await queueAgain(tx, run.mail_id))) return await removedMeanwhile(tx, run.mail_id);
    const jobId = await deps.jobs.add(tx, { id: run.mail_id, agent_id: run.agent_id });
    const id = deps.makeId();
    await insertRunAgain(tx, { id, jobId, of: run, editedText: text, at: deps.clock() });
    return { ok: true, runId: id };
  });
}

async function whyNot(tx: Database, run: Run): Promise<Again | null> {
  const agent = await agentById(tx, run.agent_id);
  if (!agent || agent.deleted_at !== null) return { ok: false, why: 'agent_deleted' };
  const runs = await runsOfMail(tx, run.mail_id);
  if (runs.some((one) => !isRunOver(one))) return { ok: false, why: 'not_over' };
  const deliveries = await deliveriesOfMail(tx, run.mail_id);
  const open = deliveries.some(
    ({ kind, state }) =>
      kind !== 'mail' && (state === 'pending' || state === 'sending' || state === 'awaiting_approval'),
  );
  return open ? { ok: false, why: 'answer_under_way' } : null;
}

async function removedMeanwhile(tx: Database, mailId: string): Promise<Again> {
  const mail = await mailById(tx, mailId);
  if (mail?.raw_removed_at == null) return { ok: false, why: 'unknown' };
  return { ok: false, why: 'raw_removed', at: mail.raw_removed_at };
}
