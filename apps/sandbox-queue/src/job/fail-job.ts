/**
 * The end of a job that gave no answer: run and mail are `failed`. The sender gets an error mail, and the owner one too
 * where only the owner can mend the cause.
 */
import { describeError, renderError } from '@tinyfat/core';
import { insertDeliveries, type Run, wantsAlert, wasToldOf } from '@tinyfat/database';
import type { Letter, LetterBlock } from '@tinyfat/mail';
import { agentAddress, type ConsumerDeps, type Work } from '../consumer.ts';
import { hostMail, ownerMail } from '../mails/host-mail.ts';
import { settleJob } from './settle-job.ts';

/**
 * Codes about the money and the keys of the owner, who gets a mail as well, once a day for each code over all agents, unless
 * they chose not to.
 */
export const OWNERS_TO_MEND = ['llm_billing', 'llm_unauthorized', 'owner_key_unreadable', 'budget_exhausted'];
const ONCE_IN_MS = 24 * 3_600_000;

/** Why a job failed; `code` is one of core's list, `detail` a sentence about this case. */
interface JobFailure {
  run: Run;
  code: string;
  detail: string | null;
  /** False where the sender gets no answer. */
  errorMail: boolean;
  /** Mails that the agent had written before it failed. */
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
  const also = failure.errorMail ? await mailToOwner(deps, work, { run, code, explanation }) : undefined;
  await settleJob(deps, work, {
    runId: run.id,
    run: {
      ...failure.figures,
      status: 'failed',
      finished_at: deps.clock(),
      error_code: code,
      error: [describeError(code).sentence, detail ?? ''].join(' ').trim(),
      // It waits for nobody: somebody asked for it.
      ...(code === 'run_stopped' ? { acknowledged_at: deps.clock() } : {}),
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
  const wentWrong = code === 'run_stopped' ? '.' : ', but something went wrong there.';
  return {
    heading: 'Your mail got no answer',
    blocks: [
      paragraph(`It reached ${address}${wentWrong}`),
      paragraph(sentence, detail ?? ''),
      paragraph(nextStep),
    ],
  };
}

/**
 * Composes the mail to the owner; gives what records it in the transaction that ends the job, which looks again, so that two
 * jobs that end at once send one. Undefined where no mail is due.
 */
async function mailToOwner(
  deps: ConsumerDeps,
  work: Work,
  { run, code, explanation }: { run: Run; code: string; explanation: string },
): Promise<Parameters<typeof settleJob>[2]['also']> {
  const { agent, mail } = work;
  if (!OWNERS_TO_MEND.includes(code) || mail.sender === agent.owner) return undefined;
  const kind = code === 'budget_exhausted' ? 'budget' : 'failed';
  if (!(await wantsAlert(deps.db, agent.owner, kind))) return undefined;
  const told = { owner: agent.owner, code, since: deps.clock() - ONCE_IN_MS };
  if (await wasToldOf(deps.db, told)) return undefined;
  const delivery = await ownerMail(deps, work, {
    runId: run.id,
    subject: `${agent.name}: ${describeError(code).sentence}`,
    letter: {
      heading: `A mail to ${agent.name} got no answer`,
      blocks: [
        { kind: 'text', text: [`${mail.sender} wrote to ${agentAddress(deps, agent)}, and got no answer.`] },
        { kind: 'text', text: [explanation] },
        { kind: 'text', quiet: true, text: ['You get this once a day at most, as the owner of the agent.'] },
      ],
    },
    footer: `Run ${run.id}, ${code}`,
  });
  // An owner who is suppressed can't approve a mail to themselves.
  if (delivery.state !== 'pending') return undefined;
  return {
    locks: [`owner:${agent.owner}`],
    async write(tx) {
      if (!(await wasToldOf(tx, told))) await insertDeliveries(tx, [delivery]);
    },
  };
}
