/**
 * One job: a command is answered at once, any other mail becomes a turn. Where an attempt was cut off after it had written
 * the reply, that reply is sent; a job whose attempts are used up fails, and so does one whose end somebody asked for.
 */
import { type Command, faultText, findCommand } from '@tinyfat/core';
import {
  agentById,
  mailById,
  type Run,
  runOfJob,
  setDocumentText,
  startRun,
  transact,
} from '@tinyfat/database';
import { isExhausted, type Lease, LeaseLost, StopAsked } from '@tinyfat/jobs';
import type { MailContent, ReadMail } from '@tinyfat/mail';
import { answerCommand } from './commands/answer-command.ts';
import type { ConsumerDeps, Work } from './consumer.ts';
import { failJob } from './job/fail-job.ts';
import { searchedText } from './search/searched-text.ts';
import { concludeTurn, finishedReply } from './turn/conclude-turn.ts';
import { takeTurn } from './turn/take-turn.ts';

/** Does one leased job to its end: finished, failed with an error mail, put back for later, or released. */
export async function handleJob(deps: ConsumerDeps, lease: Lease, signal: AbortSignal): Promise<void> {
  const mail = await mailById(deps.db, lease.mailId);
  const agent = await agentById(deps.db, lease.agentId);
  if (!mail || !agent) throw new Error(`job ${lease.jobId} has no mail or no agent`);
  const work = { lease, agent, mail, signal };
  try {
    if (lease.stopAsked) await endStopped(deps, work);
    else await route(deps, work);
  } catch (error) {
    if (error instanceof StopAsked) return await endStopped(deps, work);
    // Another worker has the job now and will end it; nothing was written.
    if (error instanceof LeaseLost) return deps.logger.warn('lease_lost', { job: lease.jobId });
    throw error;
  }
}

async function route(deps: ConsumerDeps, work: Work): Promise<void> {
  const { lease, agent, mail } = work;
  const before = await runOfJob(deps.db, lease.jobId);
  const reply = before?.kind === 'turn' ? await finishedReply(deps, before) : null;
  // The message is not even looked at then: reading it may be what ended the attempts.
  const isOver = reply !== null || isExhausted(lease);
  const asItCame = isOver ? null : await readMail(deps, work);
  const read = asItCame && withEditedText(asItCame, before);
  const command = read?.ok ? commandOf(mail.subject, read.content) : null;
  const named = read === null ? (before?.command ?? null) : (command?.name ?? null);
  // A note is found by what the owner wrote, without what the server put around it.
  const text = asItCame?.ok && mail.rewrites === null ? searchedText(asItCame.content) : null;
  const run = await beginRun(deps, work, named, text);
  if (agent.deleted_at !== null) {
    return await failJob(deps, work, { run, code: 'agent_deleted', detail: null, errorMail: false });
  }
  if (reply !== null) return await concludeTurn(deps, work, { run, end: { ok: true, ...reply } });
  if (read === null) return await giveUp(deps, work, run);
  if (!read.ok) {
    // Intake read the mail in time, so the machine is busy, or a thread died: another attempt may do.
    if (read.code === 'interrupted' || read.code === 'deadline') throw new Error(read.reason);
    return await failJob(deps, work, { run, code: 'unreadable', detail: read.reason, errorMail: true });
  }
  if (command && command.name !== 'compact') return await answerCommand(deps, work, { run, command });
  const task = command ? { kind: 'compact' as const, focus: command.focus } : { kind: 'turn' as const };
  await takeTurn(deps, work, { run, task, content: read.content });
}

/** The mail as it was edited before it was run again; as it came where it was not. */
function withEditedText(read: ReadMail, run: Run | undefined): ReadMail {
  const text = run?.edited_text ?? null;
  return !read.ok || text === null
    ? read
    : { ...read, content: { ...read.content, text, firstLineSeen: true } };
}

/** Nothing that the agent wrote is sent; what lies in its outbox is put aside by its next turn. */
async function endStopped(deps: ConsumerDeps, work: Work): Promise<void> {
  const { lease, agent } = work;
  const run = (await runOfJob(deps.db, lease.jobId)) ?? (await beginRun(deps, work, null, null));
  await failJob(deps, work, { run, code: 'run_stopped', detail: null, errorMail: agent.deleted_at === null });
}

/** Counts the attempt, and notes by which text the mail can be found: here, and not with the claim, so that a server that dies takes none from jobs that had not begun. */
async function beginRun(
  deps: ConsumerDeps,
  { lease, agent, mail }: Work,
  command: string | null,
  text: string | null,
): Promise<Run> {
  return await transact(deps.db, [], async (tx) => {
    if (!(await deps.queue.begin(tx, lease))) throw new LeaseLost();
    if (text !== null) await setDocumentText(tx, 'mail', mail.id, text);
    return await startRun(tx, {
      id: deps.makeId(),
      jobId: lease.jobId,
      agentId: agent.id,
      mailId: mail.id,
      kind: command !== null && command !== 'compact' ? 'command' : 'turn',
      command,
      at: deps.clock(),
    });
  });
}

/** What the agent had written before its turn was cut off for the last time is sent, as after any turn that failed. */
async function giveUp(deps: ConsumerDeps, work: Work, run: Run): Promise<void> {
  const code = 'attempts_exhausted';
  // Where no turn had begun, the files in the outbox are of another run.
  if (run.session_id === null) return await failJob(deps, work, { run, code, detail: null, errorMail: true });
  await concludeTurn(deps, work, { run, end: { ok: false, code, detail: null } });
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
