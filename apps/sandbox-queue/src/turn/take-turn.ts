/**
 * One turn: the mail goes into a sandbox, the agent's folder comes out changed, its outbox becomes deliveries.
 * A turn that was cut off is tried again with the same run id, so that its reply replaces and never doubles.
 */
import {
  afterFailure,
  canonicalAddress,
  safeFileNames,
  storedEgress,
  type TurnOutcome,
  type TurnRequest,
  type TurnResult,
} from '@tinyfat/core';
import { type NewDelivery, type Run, setFolderSize } from '@tinyfat/database';
import type { MailContent } from '@tinyfat/mail';
import { agentAddress, type ConsumerDeps, type ModelInfo, type Work } from '../consumer.ts';
import { agentModel, readConfig, scopeOf, sessionOf } from '../job/agent-setup.ts';
import { failJob } from '../job/fail-job.ts';
import { settleJob } from '../job/settle-job.ts';
import { incomingMail } from '../mails/incoming.ts';
import { collectOutbox } from '../outbox/collect.ts';
import { sweepLeftovers } from '../outbox/leftovers.ts';
import { closedFolder, type OpenFolder, openFolder, reportFolder } from './folder.ts';
import { type OpenSpending, openSpending } from './spending.ts';
import { upstreamOf } from './upstream.ts';

/** Runs the turn of a job and ends the job, or puts it back. */
export async function takeTurn(
  deps: ConsumerDeps,
  work: Work,
  turn: { run: Run; task: TurnRequest['input']['task']; content: MailContent; signal: AbortSignal },
): Promise<void> {
  const { run, signal } = turn;
  const { config, warnings } = await readConfig(deps, work.agent.id);
  const { model, warning } = agentModel(deps, config);
  for (const text of warning ? [...warnings, warning] : warnings) {
    deps.logger.warn('agent_config', { agent: work.agent.name, warning: text });
  }
  const sessionId = await sessionOf(deps, work.agent.id, scopeOf(config, work));
  if (run.attempt === 1) await sweepLeftovers(deps, work);
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
  const request = turnRequest(deps, work, { ...turn, model, sessionId, upstream, spending, folder });
  const result = await deps.runner.runTurn(request, signal);
  const { folderBytes: bytes, durationMs } = result;
  // Before the job ends, after which the agent's next turn may begin.
  if (bytes !== null) await setFolderSize(deps.db, work.agent.id, bytes, deps.clock());
  try {
    await spending.warn();
    await endTurn(deps, work, { run, signal, spending, result, model: demo ? 'demo' : model.id, sessionId });
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
  turn: {
    run: Run;
    signal: AbortSignal;
    spending: OpenSpending;
    result: TurnResult;
    model: string;
    sessionId: string;
  },
): Promise<void> {
  const { run, signal, spending, result } = turn;
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
  if (signal.aborted) {
    await deps.queue.release(work.lease);
    return;
  }
  const figures = runFigures(result, turn);
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
  const outbox = await collectOutbox(deps, work, {
    runId: run.id,
    footer: outcome.ok ? outcome.footer : null,
  });
  const answer = outbox.deliveries.find(
    (delivery) => delivery.kind === 'reply' && delivery.state !== 'failed',
  );
  if (answer) {
    // An answer that the agent had written before its turn failed is sent; a second mail would contradict it.
    const failure = outcome.ok ? {} : { error_code: outcome.code, error: outcome.message };
    await settleJob(deps, work, {
      runId: run.id,
      run: { ...figures, ...failure, status: outcome.ok ? 'done' : 'failed', finished_at: deps.clock() },
      deliveries: outbox.deliveries,
      mail: mailState(answer),
    });
  } else {
    const refused = outbox.deliveries.find((delivery) => delivery.kind === 'reply');
    await failJob(deps, work, {
      run,
      code: outcome.ok ? (refused?.reason_code ?? 'no_reply') : outcome.code,
      detail: outcome.ok ? (refused?.reason ?? null) : outcome.message,
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

function turnRequest(
  deps: ConsumerDeps,
  work: Work,
  turn: {
    run: Run;
    task: TurnRequest['input']['task'];
    content: MailContent;
    model: ModelInfo;
    sessionId: string;
    upstream: TurnRequest['upstream'];
    spending: OpenSpending;
    folder: OpenFolder;
  },
): TurnRequest {
  const { agent, mail } = work;
  const incoming = incomingMail(mail);
  const { content } = turn;
  const own = canonicalAddress(agentAddress(deps, agent));
  /** The agent sees its own address only: the tag of a secret address would be worth something to others. */
  const withoutTag = (mailbox: { address: string; name: string }) => {
    const address = canonicalAddress(mailbox.address);
    const isOwn = own.ok && address.ok && address.base === own.base;
    return isOwn ? { ...mailbox, address: own.address } : mailbox;
  };
  const names = safeFileNames(content.attachments);
  return {
    agentId: agent.id,
    upstream: turn.upstream,
    spending: turn.spending,
    egress: storedEgress(agent.egress),
    mostFolderBytes: turn.folder.mostBytes,
    input: {
      version: 1,
      run_id: turn.run.id,
      attempt: turn.run.attempt,
      agent: { id: agent.id, name: agent.name, address: agentAddress(deps, agent), owner: agent.owner },
      session: { id: turn.sessionId },
      model: {
        id: turn.model.id,
        ...(turn.spending.maxTokens === null ? {} : { max_tokens: turn.spending.maxTokens }),
      },
      task: turn.task,
      email: {
        message_id: incoming.messageId,
        in_reply_to: incoming.inReplyTo,
        references: [...incoming.references],
        from: { address: incoming.sender, name: incoming.senderName },
        authentication: mail.authentication,
        to: content.to.map(withoutTag),
        cc: content.cc.map(withoutTag),
        subject: mail.subject,
        date: content.date,
        text: content.text,
        quoted: content.quoted,
        forwarded: content.forwarded,
        hidden_text: content.hiddenText,
      },
      ...(turn.folder.nearlyFull
        ? { folder: { holds: turn.folder.holds ?? 0, quota: deps.folderQuotaBytes } }
        : {}),
      limits: deps.limits,
    },
    attachments: content.attachments.map((attachment, index) => ({
      filename: names[index] ?? `attachment-${index + 1}`,
      contentType: attachment.contentType,
      detectedType: attachment.detectedType,
      marks: attachment.marks,
      contentId: attachment.contentId,
      inline: attachment.disposition === 'inline',
      content: attachment.content,
    })),
  };
}

/** Which budget is used up is known here better than in the sandbox. */
function withCap(outcome: TurnOutcome, detail: string | null): TurnOutcome {
  if (outcome.ok || outcome.code !== 'budget_exhausted' || detail === null) return outcome;
  return { ...outcome, message: detail };
}

function runFigures(result: TurnResult, { model, sessionId }: { model: string; sessionId: string }) {
  const { outcome } = result;
  return {
    session_id: sessionId,
    model,
    context_tokens: outcome.ok ? outcome.context.tokens : null,
    context_window: outcome.ok ? outcome.context.window : null,
    first_request_at: result.firstRequestAt,
    last_response_at: result.lastResponseAt,
  };
}
