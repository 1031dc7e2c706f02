import { join } from 'node:path';
import type { StepMomInput, StepMomOutcome } from '@tinyfat/core';
import { type EventLog, openEventLog } from './event-log.ts';
import { formatFooter } from './footer.ts';
import { type Failure, internalFailure } from './llm-failure.ts';
import { openRun, type Run, type StepMomRoots } from './open-run.ts';
import { mendFolders, withNotes } from './own-folders.ts';
import { chooseModel } from './pi-session.ts';
import { fsyncPlainFile } from './plain-file.ts';
import { readInput } from './read-input.ts';
import { writeReply } from './reply-file.ts';
import { noUsage, type RunUsage, runUsage } from './run-history.ts';
import { openWayOut, type WayOut } from './way-out.ts';
import { type WorkEnd, work } from './work.ts';

/**
 * Takes one turn: reads `input.json`, continues or begins the session, prompts the model once, and leaves the
 * reply in the outbox. Never rejects: what goes wrong is the outcome.
 */
export async function stepMom(roots: StepMomRoots): Promise<StepMomOutcome> {
  const read = await readInput(roots.inboxFolder);
  if (!read.ok) return failed({ code: 'bad_input', message: read.reason, retry: false });
  const { input } = read;
  const mended = mendFolders(roots.dataFolder, new Date());
  const log = openEventLog(
    join(roots.dataFolder, 'events'),
    () => new Date(),
    input.limits.event_output_chars,
  );
  log.write({
    type: 'start',
    run_id: input.run_id,
    attempt: input.attempt,
    model: input.model.id,
    session_id: input.session.id,
  });
  const outcome = await attempt(roots, input, log, mended);
  const { usage, cost_usd } = outcome;
  log.write({ type: 'end', usage, cost_usd, duration_ms: Date.now() - roots.startedAt });
  log.close();
  return outcome;
}

/** A fault of ours ends the attempt; its text goes into the events, which only the owner sees. */
async function attempt(
  roots: StepMomRoots,
  input: StepMomInput,
  log: EventLog,
  mended: readonly string[],
): Promise<StepMomOutcome> {
  try {
    const wayOut = await openWayOut(roots.gateway);
    try {
      const outcome = await withWayOut(roots, input, log, { wayOut, mended });
      if (!outcome.ok) log.write({ type: 'error', code: outcome.code, message: outcome.message });
      return outcome;
    } finally {
      wayOut.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : 'not an error';
    log.write({ type: 'error', code: 'internal', message });
    return failed(internalFailure);
  }
}

async function withWayOut(
  roots: StepMomRoots,
  input: StepMomInput,
  log: EventLog,
  { wayOut, mended }: { wayOut: WayOut; mended: readonly string[] },
): Promise<StepMomOutcome> {
  const chosen = await chooseModel(input.model, roots.runToken);
  if (!chosen.ok) {
    const message = `There is no model called "${input.model.id}". There are: ${chosen.known.join(', ')}.`;
    return failed({ code: 'bad_input', message, retry: false });
  }
  const run = await openRun(roots, input, chosen, wayOut, log, mended);
  try {
    return conclude(run, await work(run));
  } finally {
    run.session.dispose();
  }
}

function failed(failure: Failure, used: RunUsage = noUsage): StepMomOutcome {
  return { type: 'outcome', ok: false, ...failure, usage: used.usage, cost_usd: used.costUsd };
}

/** Makes the session durable, then writes the reply: a reply that is there stands for a turn that is over. */
function conclude(run: Run, end: WorkEnd): StepMomOutcome {
  const { input, session, opened } = run;
  const counted = runUsage(opened.manager, input.run_id);
  const used = input.model.demo ? { ...counted, costUsd: 0 } : counted;
  if (!end.ok) return failed(end.failure, used);
  const found = session.getContextUsage();
  const context = { tokens: found?.tokens ?? null, window: found?.contextWindow ?? 0 };
  const footer = formatFooter({
    agentName: input.agent.name,
    sessionId: input.session.id,
    usage: used.usage,
    costUsd: used.costUsd,
    context,
    modelId: input.model.demo ? 'demo' : input.model.id,
  });
  // What the agent did to its folders and its session in this turn must not cost the answer.
  const notes = [...run.notes, ...mendFolders(run.dataFolder, new Date())];
  if (!fsyncPlainFile(join(run.dataFolder, 'sessions', opened.file))) {
    notes.push(`/data/sessions/${opened.file} is gone, so the next mail may begin a new conversation.`);
  }
  if (end.reply !== null) writeReply(run.outbox, input.run_id, withNotes(end.reply, notes, input), footer);
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
