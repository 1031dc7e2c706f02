/** The end of a turn: its outbox becomes deliveries, and the job is settled. It needs no model and no sandbox. */
import { describeError, isRecord, MAX_MAIL_FILE_BYTES, parseJson, replyFileName } from '@tinyfat/core';
import type { NewDelivery, Run, RunEnd } from '@tinyfat/database';
import type { ConsumerDeps, Work } from '../consumer.ts';
import { failJob } from '../job/fail-job.ts';
import { settleJob } from '../job/settle-job.ts';
import { collectOutbox } from '../outbox/collect.ts';
import { OUTBOX } from '../outbox/folder.ts';

/** How the turn ended. `detail` is a sentence about this case. */
type TurnEnd = { ok: true; footer: string | null } | { ok: false; code: string; detail: string | null };

/** Collects what the agent wrote, and ends the job with it. */
export async function concludeTurn(
  deps: ConsumerDeps,
  work: Work,
  { run, end, figures = {} }: { run: Run; end: TurnEnd; figures?: Partial<RunEnd> },
): Promise<void> {
  const outbox = await collectOutbox(deps, work, { runId: run.id, footer: end.ok ? end.footer : null });
  const answer = outbox.deliveries.find(
    (delivery) => delivery.kind === 'reply' && delivery.state !== 'failed',
  );
  if (answer) {
    // An answer that the agent had written before its turn failed is sent; a second mail would contradict it.
    const failure = end.ok
      ? {}
      : { error_code: end.code, error: end.detail ?? describeError(end.code).sentence };
    await settleJob(deps, work, {
      runId: run.id,
      run: { ...figures, ...failure, status: end.ok ? 'done' : 'failed', finished_at: deps.clock() },
      deliveries: outbox.deliveries,
      mail: mailState(answer),
    });
  } else {
    const refused = outbox.deliveries.find((delivery) => delivery.kind === 'reply');
    await failJob(deps, work, {
      run,
      code: end.ok ? (refused?.reason_code ?? 'no_reply') : end.code,
      detail: end.ok ? (refused?.reason ?? null) : end.detail,
      errorMail: true,
      deliveries: outbox.deliveries,
      figures,
    });
  }
  await outbox.syncRefused();
}

function mailState(answer: NewDelivery): { state: 'queued' | 'awaiting_approval'; reason: string } {
  if (answer.state === 'awaiting_approval')
    return { state: 'awaiting_approval', reason: answer.reason ?? '' };
  return { state: 'queued', reason: 'The turn is over; its answer is being sent.' };
}

/** Step-mom's replies are smaller, and are read for their footer here; what is larger goes out without one. */
const SMALL_BYTES = 100_000;
const LONGEST_FOOTER = 500;

/**
 * The reply of an attempt that was cut off after it had written it, where it is there and whole: then the turn is over, and
 * only sending remains (DESIGN section 4). Null where there is none.
 */
export async function finishedReply(
  { folders, workers }: Pick<ConsumerDeps, 'folders' | 'workers'>,
  { id, agent_id, session_id }: Run,
): Promise<{ footer: string | null } | null> {
  // Before its turn began the files in the outbox were not this run's.
  if (session_id === null) return null;
  const file = await folders.read(agent_id, `${OUTBOX}/${replyFileName(id)}`, MAX_MAIL_FILE_BYTES);
  if (!file.ok || !(await workers.checkOutbox(file.bytes)).ok) return null;
  return { footer: file.bytes.length > SMALL_BYTES ? null : footerIn(file.bytes) };
}

function footerIn(bytes: Uint8Array): string | null {
  const mail = parseJson(new TextDecoder().decode(bytes));
  if (!isRecord(mail) || typeof mail.log !== 'string' || mail.log.length > LONGEST_FOOTER) return null;
  return mail.log;
}
