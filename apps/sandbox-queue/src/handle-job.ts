/** One job: a command is answered at once, any other mail becomes a turn; a job whose attempts are used up fails. */
import { type Command, faultText, findCommand } from '@tinyfat/core';
import { agentById, mailById, startRun, transact } from '@tinyfat/database';
import { type Lease, LeaseLost } from '@tinyfat/jobs';
import type { MailContent, ReadMail } from '@tinyfat/mail';
import { answerCommand } from './commands/answer-command.ts';
import type { ConsumerDeps, Work } from './consumer.ts';
import { failJob } from './job/fail-job.ts';
import { takeTurn } from './turn/take-turn.ts';

/** Does one leased job to its end: finished, failed with an error mail, put back for later, or released. */
export async function handleJob(deps: ConsumerDeps, lease: Lease, signal: AbortSignal): Promise<void> {
  const mail = await mailById(deps.db, lease.mailId);
  const agent = await agentById(deps.db, lease.agentId);
  if (!mail || !agent) throw new Error(`job ${lease.jobId} has no mail or no agent`);
  const work: Work = { lease, agent, mail };
  try {
    await route(deps, work, signal);
  } catch (error) {
    // Another worker has the job now and will end it; nothing was written.
    if (error instanceof LeaseLost) return deps.logger.warn('lease_lost', { job: lease.jobId });
    throw error;
  }
}

async function route(deps: ConsumerDeps, work: Work, signal: AbortSignal): Promise<void> {
  const { lease, agent, mail } = work;
  const read = await readMail(deps, work);
  const command = read.ok ? commandOf(mail.subject, read.content) : null;
  const run = await transact(deps.db, [], async (tx) => {
    // Counted here, and not with the claim: a server that dies takes no attempt from jobs that it had not begun.
    if (!(await deps.queue.begin(tx, lease))) throw new LeaseLost();
    return await startRun(tx, {
      id: deps.makeId(),
      jobId: lease.jobId,
      agentId: agent.id,
      mailId: mail.id,
      kind: command && command.name !== 'compact' ? 'command' : 'turn',
      command: command ? command.name : null,
      at: deps.clock(),
    });
  });
  if (agent.deleted_at !== null) {
    return await failJob(deps, work, { run, code: 'agent_deleted', detail: null, errorMail: false });
  }
  if (lease.attempt > lease.maxAttempts) {
    return await failJob(deps, work, { run, code: 'attempts_exhausted', detail: null, errorMail: true });
  }
  if (!read.ok) {
    // Intake read the mail in time, so the machine is busy, or a thread died: another attempt may do.
    if (read.code === 'interrupted' || read.code === 'deadline') throw new Error(read.reason);
    return await failJob(deps, work, { run, code: 'unreadable', detail: read.reason, errorMail: true });
  }
  if (command && command.name !== 'compact') return await answerCommand(deps, work, { run, command });
  const task = command ? { kind: 'compact' as const, focus: command.focus } : { kind: 'turn' as const };
  await takeTurn(deps, work, { run, task, content: read.content, signal });
}

function commandOf(subject: string, content: MailContent): Command | null {
  const { text, quoted, forwarded, firstLineSeen } = content;
  const place = { firstLineSeen, quotes: quoted !== '', forwards: forwarded !== '' };
  return findCommand(subject, text, place);
}

/** A message that can't be got out of the store counts as one whose reading was interrupted: that attempt is counted. */
async function readMail(deps: ConsumerDeps, { mail }: Work): Promise<ReadMail> {
  let raw: Uint8Array;
  try {
    raw = await deps.rawMail.get(mail.raw_key);
  } catch (error) {
    return {
      ok: false,
      code: 'interrupted',
      reason: `The stored message can't be read: ${faultText(error)}`,
    };
  }
  return await deps.workers.read(raw);
}
