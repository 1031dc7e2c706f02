import { randomBytes } from 'node:crypto';
import { agentReplied, writtenSince } from './agent-reply.ts';
import { compactionReply, compactSession } from './compact-session.ts';
import { readImages } from './image-attachments.ts';
import {
  deadlineFailure,
  type Failure,
  internalFailure,
  noReplyFailure,
  stallFailure,
} from './llm-failure.ts';
import { mailPrompt } from './mail-prompt.ts';
import { type ModelAnswer, renderAnswer } from './model-answer.ts';
import type { Run } from './open-run.ts';
import { replyIsComplete } from './reply-file.ts';
import { retryNotice } from './retry-notice.ts';
import { markAttempt } from './run-history.ts';
import { type TurnLimits, takeTurn } from './take-turn.ts';
import type { StopReason } from './watchdog.ts';

/** How the work of a run ended. */
export type WorkEnd =
  /** `reply` is still to be written; null where one is there already. */
  { ok: true; reply: string | null; by: 'written' | 'by_agent' } | { ok: false; failure: Failure };

/** Does what is left to do: little or nothing, when an earlier attempt got as far as the answer. */
export async function work(run: Run): Promise<WorkEnd> {
  const { input, history } = run;
  if (input.attempt > 1 && replyIsComplete(run.outbox, input.run_id)) {
    return { ok: true, reply: null, by: 'written' };
  }
  if (input.task.kind === 'compact') {
    if (history.compactedFrom === null) return await compact(run, input.task.focus);
    return answered(run, compactionReply({ tokensBefore: history.compactedFrom, tokensAfter: null }));
  }
  return history.ended && history.lastText !== null
    ? answered(run, renderAnswer(history.lastText))
    : await turn(run);
}

async function compact(run: Run, focus: string | null): Promise<WorkEnd> {
  mark(run);
  const end = await compactSession(run.session, focus, turnLimits(run));
  switch (end.kind) {
    case 'compacted':
      return answered(run, compactionReply(end));
    case 'nothing_to_do':
      return answered(run, compactionReply(null));
    case 'stopped':
      return { ok: false, failure: stopFailure(run, end.reason) };
    case 'failed':
      return { ok: false, failure: modelFailure(run) };
  }
}

async function turn(run: Run): Promise<WorkEnd> {
  const { input } = run;
  mark(run);
  const { images, paths } = await readImages(input.email.attachments);
  const mail = mailPrompt(input, randomBytes(8).toString('hex'), paths);
  const known = mailIsKnown(run);
  const prompt = known === 'no' ? mail : noticeFor(run, known === 'out_of_sight' ? mail : null);
  const end = await takeTurn(run.session, prompt, known === 'in_sight' ? [] : images, turnLimits(run));
  switch (end.kind) {
    case 'ended':
      return concluded(run, end.answer ?? run.history.lastText);
    case 'stopped':
      return { ok: false, failure: stopFailure(run, end.reason) };
    case 'failed':
      return { ok: false, failure: modelFailure(run) };
  }
}

function mark({ opened, input, outboxBefore }: Run): void {
  markAttempt(opened.manager, input.run_id, input.attempt, outboxBefore);
}

/** Whether the session holds the mail already, and whether the model still sees it after a compaction. */
function mailIsKnown({ history, opened }: Run): 'no' | 'in_sight' | 'out_of_sight' {
  if (history.mailEntryId === null) return 'no';
  const seen = opened.manager
    .buildSessionProjection()
    .entries.some(
      ({ sourceEntry, messages }) => sourceEntry.id === history.mailEntryId && messages.length > 0,
    );
  return seen ? 'in_sight' : 'out_of_sight';
}

function noticeFor(run: Run, mail: string | null): string {
  const left = writtenSince(run.outbox, run.outboxBefore);
  return retryNotice(run.input.attempt, run.history.toolCalls, left, mail);
}

function turnLimits(run: Run): TurnLimits {
  return {
    remainingMs: run.remainingMs(),
    stallMs: run.input.limits.stall_ms,
    onEvent: run.log.follow,
  };
}

function stopFailure({ input }: Run, reason: StopReason): Failure {
  return reason === 'deadline'
    ? deadlineFailure(input.limits.deadline_ms)
    : stallFailure(input.limits.stall_ms);
}

function modelFailure(run: Run): Failure {
  return run.lastFailure() ?? internalFailure;
}

function concluded(run: Run, answer: ModelAnswer | null): WorkEnd {
  if (answer !== null) return answered(run, renderAnswer(answer));
  return agentReplied(run.outbox, run.outboxBefore, run.input.email)
    ? { ok: true, reply: null, by: 'by_agent' }
    : { ok: false, failure: noReplyFailure };
}

function answered(run: Run, text: string): WorkEnd {
  return agentReplied(run.outbox, run.outboxBefore, run.input.email)
    ? { ok: true, reply: null, by: 'by_agent' }
    : { ok: true, reply: text, by: 'written' };
}
