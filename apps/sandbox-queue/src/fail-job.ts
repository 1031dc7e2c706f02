/** The end of a job that gave no answer: run and mail are `failed`, and the sender is told in a plain mail. */
import { describeError, renderError } from '@tinyfat/core';
import type { Run } from '@tinyfat/database';
import type { Letter, LetterBlock } from '@tinyfat/mail';
import { agentAddress, type ConsumerDeps, type Work } from './consumer.ts';
import { hostMail } from './host-mail.ts';
import { newsForOwner } from './news-for-owner.ts';
import { settleJob } from './settle-job.ts';

/** Why a job failed; `code` is one of core's list, `detail` a sentence about this case. */
export interface JobFailure {
  run: Run;
  code: string;
  detail: string | null;
  /** False where nobody should be answered. The sender of every job was authenticated and is allowed. */
  errorMail: boolean;
  /** Mails that the agent had written all the same. */
  deliveries?: Parameters<typeof settleJob>[2]['deliveries'];
  figures?: Partial<Parameters<typeof settleJob>[2]['run']>;
}

/** Ends the job as failed. */
export async function failJob(deps: ConsumerDeps, work: Work, failure: JobFailure): Promise<void> {
  const { run, code, detail } = failure;
  const explanation = renderError(code, detail);
  const deliveries = [...(failure.deliveries ?? [])];
  if (failure.errorMail) {
    const letter = failureLetter(agentAddress(deps, work.agent), failure);
    const footer = `Run ${run.id}, ${code}`;
    deliveries.push(await hostMail(deps, work, { runId: run.id, kind: 'error', letter, footer }));
  }
  const also = failure.errorMail ? await newsForOwner(deps, work, { run, code, explanation }) : undefined;
  await settleJob(deps, work, {
    runId: run.id,
    run: {
      ...failure.figures,
      status: 'failed',
      finished_at: deps.clock(),
      error_code: code,
      error: [describeError(code).sentence, detail ?? ''].join(' ').trim(),
    },
    deliveries,
    mail: { state: 'failed', reason: explanation },
    ...(also ? { also } : {}),
  });
  if (also) deps.wakeUp.wake('deliveries');
}

function failureLetter(address: string, { code, detail }: JobFailure): Letter {
  const { sentence, nextStep } = describeError(code);
  const paragraph = (...text: string[]): LetterBlock => ({ kind: 'text', text: [text.join(' ')] });
  return {
    heading: 'Your mail got no answer',
    blocks: [
      paragraph(`It reached ${address}, but something went wrong there.`),
      paragraph(sentence, detail ?? ''),
      paragraph(nextStep),
    ],
  };
}
