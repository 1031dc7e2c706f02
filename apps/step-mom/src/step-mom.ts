import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AgentSession } from '@earendil-works/pi-coding-agent';
import { agentReplied, type OutboxSnapshot, snapshotOutbox, writtenSince } from './agent-reply.ts';
import { bashTool, commandEnvironment } from './bash-tool.ts';
import { type CompactionEnd, compactionReply, compactSession } from './compact-session.ts';
import type { StepMomInput, StepMomOutcome } from './contract.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import { formatFooter } from './footer.ts';
import { type Forwarder, startForwarder } from './forwarder.ts';
import { readImages } from './image-attachments.ts';
import {
  classifyLlmFailure,
  deadlineFailure,
  type Failure,
  internalFailure,
  noReplyFailure,
  stallFailure,
} from './llm-failure.ts';
import { mailPrompt } from './mail-prompt.ts';
import { chooseModel, createSession } from './pi-session.ts';
import { readInput } from './read-input.ts';
import { fsyncFile, replyIsComplete, writeReply } from './reply-file.ts';
import { retryNotice } from './retry-notice.ts';
import type { StepMomRoots } from './roots.ts';
import {
  markAttempt,
  noUsage,
  type RunHistory,
  type RunUsage,
  readRunHistory,
  runUsage,
} from './run-history.ts';
import { type OpenSession, openSession } from './session-file.ts';
import { memorySection, readMemory, systemPrompt } from './system-prompt.ts';
import { takeTurn } from './take-turn.ts';
import type { StopReason } from './watchdog.ts';

/** How the work itself ended; the reply that is still to be written, or null where there is one already. */
type WorkEnd =
  | { ok: true; reply: string | null; by: 'written' | 'by_agent' }
  | { ok: false; failure: Failure };

/** One run with everything that its steps need. */
interface Run {
  input: StepMomInput;
  roots: StepMomRoots;
  outbox: string;
  opened: OpenSession;
  session: AgentSession;
  history: RunHistory;
  outboxBefore: OutboxSnapshot;
  remainingMs: () => number;
  log: EventLog;
}

/**
 * Takes one turn: reads `input.json`, continues or begins the session, prompts the model once, and leaves the
 * reply in the outbox. Never rejects: what goes wrong is the outcome.
 */
export async function stepMom(roots: StepMomRoots): Promise<StepMomOutcome> {
  const read = await readInput(roots.inboxFolder);
  if (!read.ok) {
    return failed({
      code: 'bad_input',
      message: read.reason,
      retry: false,
    });
  }
  const log = openEventLog(
    join(roots.dataFolder, 'events'),
    () => new Date(),
    read.input.limits.event_output_chars,
  );
  log.write({
    type: 'start',
    run_id: read.input.run_id,
    attempt: read.input.attempt,
    model: read.input.model.id,
    session_id: read.input.session.id,
  });
  let outcome: StepMomOutcome;
  try {
    outcome = await runAttempt(roots, read.input, log);
  } catch (error) {
    log.write({
      type: 'error',
      code: 'internal',
      message: error instanceof Error ? error.message : 'unknown',
    });
    outcome = failed(internalFailure);
  }
  if (!outcome.ok && outcome.code !== 'internal') {
    log.write({ type: 'error', code: outcome.code, message: outcome.message });
  }
  log.write({
    type: 'end',
    usage: outcome.usage,
    cost_usd: outcome.cost_usd,
    duration_ms: Date.now() - roots.startedAt,
  });
  return outcome;
}

function failed(failure: Failure, used: RunUsage = noUsage): StepMomOutcome {
  return { type: 'outcome', ok: false, ...failure, usage: used.usage, cost_usd: used.costUsd };
}

async function runAttempt(roots: StepMomRoots, input: StepMomInput, log: EventLog): Promise<StepMomOutcome> {
  const forwarder = await startForwarder(roots.gateway.socketPath, roots.gateway.port);
  try {
    const chosen = await chooseModel(input.model, roots.runToken);
    if (!chosen.ok) {
      const names = chosen.known.join(', ');
      return failed({
        code: 'bad_input',
        message: `There is no model called "${input.model.id}". There are: ${names}.`,
        retry: false,
      });
    }
    const run = await openRun(roots, input, log, forwarder, chosen);
    try {
      const end = await work(run);
      return conclude(run, end);
    } finally {
      run.session.dispose();
    }
  } finally {
    forwarder.close();
  }
}

async function openRun(
  roots: StepMomRoots,
  input: StepMomInput,
  log: EventLog,
  forwarder: Forwarder,
  chosen: Extract<Awaited<ReturnType<typeof chooseModel>>, { ok: true }>,
): Promise<Run> {
  const outbox = join(roots.dataFolder, 'outbox', 'email');
  const opened = openSession(join(roots.dataFolder, 'sessions'), input.session, roots.dataFolder, new Date());
  const history = readRunHistory(opened.manager, input.run_id);
  const remainingMs = () => roots.startedAt + input.limits.deadline_ms - Date.now();
  const environment = commandEnvironment(roots.childEnvironment, forwarder.port);
  const session = await createSession({
    cwd: roots.dataFolder,
    runtime: chosen.runtime,
    model: chosen.model,
    manager: opened.manager,
    systemPrompt: systemPrompt(input.agent),
    memory: memorySection(readMemory(roots.dataFolder)),
    skillFolders: [join(roots.dataFolder, 'skills'), roots.platformSkillsFolder],
    bash: bashTool(roots.dataFolder, environment, input.limits.deadline_ms, remainingMs),
    limits: input.limits,
  });
  const outboxBefore = history.outboxBefore ?? snapshotOutbox(outbox);
  return { input, roots, outbox, opened, session, history, outboxBefore, remainingMs, log };
}

/** Does what is left to do: nothing, when an earlier attempt got as far as the answer. */
async function work(run: Run): Promise<WorkEnd> {
  const { input, history } = run;
  if (input.attempt > 1 && replyIsComplete(run.outbox, input.run_id)) {
    return { ok: true, reply: null, by: 'written' };
  }
  if (input.task.kind === 'compact') {
    if (history.compactedFrom !== null) {
      return answered(run, compactionReply({ tokensBefore: history.compactedFrom, tokensAfter: null }));
    }
    markAttempt(run.opened.manager, input.run_id, input.attempt, run.outboxBefore);
    return compact(run, input.task.focus);
  }
  if (history.answer !== null) return answered(run, history.answer);
  markAttempt(run.opened.manager, input.run_id, input.attempt, run.outboxBefore);
  return turn(run);
}

async function compact(run: Run, focus: string | null): Promise<WorkEnd> {
  const end: CompactionEnd = await compactSession(run.session, focus, turnLimits(run));
  switch (end.kind) {
    case 'compacted':
      return answered(run, compactionReply(end));
    case 'nothing_to_do':
      return answered(run, compactionReply(null));
    case 'stopped':
      return { ok: false, failure: stopFailure(run, end.reason) };
    case 'failed':
      return { ok: false, failure: classifyLlmFailure(end.errorText) };
  }
}

async function turn(run: Run): Promise<WorkEnd> {
  const { input, history } = run;
  const { images, paths } = await readImages(input.email.attachments);
  const mail = () => mailPrompt(input, randomBytes(8).toString('hex'), paths);
  const seen = history.mailEntryId !== null;
  const inSight = seen && isInContext(run, history.mailEntryId);
  const prompt = seen
    ? retryNotice(
        input.attempt,
        history.toolCalls,
        writtenSince(run.outbox, run.outboxBefore),
        inSight ? null : mail(),
      )
    : mail();
  const end = await takeTurn(run.session, prompt, inSight ? [] : images, turnLimits(run));
  if (end.kind === 'answered') {
    const note = end.cut
      ? '\n\n(The answer ends here because it reached the longest that the model can write.)'
      : '';
    return answered(run, end.text + note);
  }
  if (end.kind === 'stopped') return { ok: false, failure: stopFailure(run, end.reason) };
  if (end.kind === 'failed') return { ok: false, failure: classifyLlmFailure(end.errorText) };
  return agentReplied(run.outbox, run.outboxBefore, input.email)
    ? { ok: true, reply: null, by: 'by_agent' }
    : { ok: false, failure: noReplyFailure };
}

function stopFailure({ input }: Run, reason: StopReason): Failure {
  return reason === 'deadline'
    ? deadlineFailure(input.limits.deadline_ms)
    : stallFailure(input.limits.stall_ms);
}

function isInContext(run: Run, entryId: string | null): boolean {
  const { entries } = run.opened.manager.buildSessionProjection();
  return entries.some(({ sourceEntry, messages }) => sourceEntry.id === entryId && messages.length > 0);
}

function turnLimits(run: Run) {
  return { remainingMs: run.remainingMs(), stallMs: run.input.limits.stall_ms, onEvent: run.log.follow };
}

function answered(run: Run, text: string): WorkEnd {
  return agentReplied(run.outbox, run.outboxBefore, run.input.email)
    ? { ok: true, reply: null, by: 'by_agent' }
    : { ok: true, reply: text, by: 'written' };
}

/** Makes the session durable, then writes the reply: a reply that is there stands for a turn that is over. */
function conclude(run: Run, end: WorkEnd): StepMomOutcome {
  const { input, session, opened } = run;
  const counted = runUsage(opened.manager, input.run_id);
  const used = input.model.demo ? { ...counted, costUsd: 0 } : counted;
  if (!end.ok) return failed(end.failure, used);
  const usage = session.getContextUsage();
  const context = {
    tokens: usage?.tokens ?? null,
    window: usage?.contextWindow ?? session.model?.contextWindow ?? 0,
  };
  const footer = formatFooter({
    agentName: input.agent.name,
    sessionId: input.session.id,
    usage: used.usage,
    costUsd: used.costUsd,
    context,
    modelId: input.model.demo ? 'demo' : input.model.id,
  });
  fsyncFile(join(run.roots.dataFolder, 'sessions', opened.file));
  if (end.reply !== null) writeReply(run.outbox, input.run_id, end.reply, footer);
  return {
    type: 'outcome',
    ok: true,
    reply: end.by,
    session_file: opened.file,
    footer,
    usage: used.usage,
    cost_usd: used.costUsd,
    context,
  };
}
