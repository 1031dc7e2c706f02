/**
 * One turn: the mail goes into a sandbox, the agent's folder comes out changed, its outbox becomes deliveries.
 * A turn that was cut off is tried again with the same run id, so that its reply replaces and never doubles.
 */
import { afterFailure, type TurnOutcome, type TurnRequest, type TurnResult } from '@tinyfat/core';
import { noteTurnBegins, type Run, setFolderSize } from '@tinyfat/database';
import { StopAsked } from '@tinyfat/jobs';
import type { MailContent } from '@tinyfat/mail';
import type { ConsumerDeps, Work } from '../consumer.ts';
import { agentModel, readConfig, scopeOf, sessionOf } from '../job/agent-setup.ts';
import { failJob } from '../job/fail-job.ts';
import { rewritingSession } from '../mails/rewriting.ts';
import { sweepLeftovers } from '../outbox/leftovers.ts';
import { concludeTurn } from './conclude-turn.ts';
import { closedFolder, openFolder, reportFolder } from './folder.ts';
import { type OpenSpending, openSpending } from './spending.ts';
import { turnRequest } from './turn-request.ts';
import { upstreamOf } from './upstream.ts';

/** Runs the turn of a job and ends the job, or puts it back. */
export async function takeTurn(
  deps: ConsumerDeps,
  work: Work,
  turn: { run: Run; task: TurnRequest['input']['task']; content: MailContent },
): Promise<void> {
  const { run } = turn;
  const { signal } = work;
  const { config, warnings } = await readConfig(deps, work.agent.id);
  const { model, warning } = agentModel(deps, config);
  for (const text of warning ? [...warnings, warning] : warnings) {
    deps.logger.warn('agent_config', { agent: work.agent.name, warning: text });
  }
  // An attempt before has begun to work with the mail in its session.
  const sessionId =
    run.session_id ??
    (await rewritingSession(deps, work.mail)) ??
    (await sessionOf(deps, work.agent.id, scopeOf(config, work)));
  if (run.session_id === null) await sweepLeftovers(deps, work);
  const folder = await openFolder(deps, work);
  if (folder.closed) {
    const detail = closedFolder(deps, folder);
    return await failJob(deps, work, { run, code: 'quota_exceeded', detail, errorMail: true });
  }
  const upstream = await upstreamOf(deps, work.agent);
  const demo = upstream.kind === 'demo';
  const opened = await openSpending(deps, work, { run, model: demo ? null : model });
  if (!opened.ok) {
    const code = 'budget_exhausted';
    return await failJob(deps, work, { run, code, detail: opened.detail, errorMail: true });
  }
  const { spending } = opened;
  const used = {
    session_id: sessionId,
    model: demo ? 'demo' : model.id,
    context_window: model.contextWindow,
  };
  await noteTurnBegins(deps.db, run.id, used);
  const request = turnRequest(deps, work, { ...turn, model, sessionId, upstream, spending, folder });
  const result = await deps.runner.runTurn(request, signal);
  const { folderBytes: bytes, durationMs } = result;
  // Before the job ends, after which the agent's next turn may begin.
  if (bytes !== null) await setFolderSize(deps.db, work.agent.id, bytes, deps.clock());
  try {
    await spending.warn();
    await endTurn(deps, work, { run, spending, result });
  } finally {
    if (bytes !== null) await reportFolder(deps, work, { runId: run.id, bytes });
    // Counting many files takes seconds, in which the worker need not wait. A turn that did not begin changed nothing.
    else if (durationMs > 0) void reportFolder(deps, work, { runId: run.id, bytes });
  }
}

/** What follows from how the turn ended. */
async function endTurn(
  deps: ConsumerDeps,
  work: Work,
  { run, spending, result }: { run: Run; spending: OpenSpending; result: TurnResult },
): Promise<void> {
  const { signal } = work;
  const outcome = withCap(result.outcome, spending.refusal());
  deps.logger.info('attempt', {
    trace: work.mail.id,
    run: run.id,
    agent: work.agent.name,
    attempt: run.attempt,
    outcome: outcome.ok ? outcome.reply : outcome.code,
    milliseconds: Math.round(result.durationMs),
    cost_usd: result.costUsd,
  });
  const figures = runFigures(result);
  if (signal.reason instanceof StopAsked) {
    return await failJob(deps, work, { run, code: 'run_stopped', detail: null, errorMail: true, figures });
  }
  if (signal.aborted && !outcome.ok) {
    await deps.queue.release(work.lease);
    return;
  }
  if (!outcome.ok) {
    const next = afterFailure(
      { attempt: work.lease.attempt, retryable: outcome.retry },
      { ...deps.jobBackoff, maxAttempts: work.lease.maxAttempts },
      deps.random,
    );
    if (next.step === 'retry') {
      await deps.queue.retry(work.lease, deps.clock() + next.delayMs, `${outcome.code}: ${outcome.message}`);
      return;
    }
  }
  const end = outcome.ok
    ? { ok: true as const, footer: outcome.footer }
    : { ok: false as const, code: outcome.code, detail: outcome.message };
  await concludeTurn(deps, work, { run, end, figures });
}

/** Which budget is used up is known here better than in the sandbox. */
function withCap(outcome: TurnOutcome, detail: string | null): TurnOutcome {
  if (outcome.ok || outcome.code !== 'budget_exhausted' || detail === null) return outcome;
  return { ...outcome, message: detail };
}

function runFigures(result: TurnResult) {
  const { outcome } = result;
  return {
    context_tokens: outcome.ok ? outcome.context.tokens : null,
    ...(outcome.ok ? { context_window: outcome.context.window } : {}),
    first_request_at: result.firstRequestAt,
    last_response_at: result.lastResponseAt,
  };
}
