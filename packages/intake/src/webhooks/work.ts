/**
 * Works on providers' events, several at once. Invariants: an event is done only after everything that follows from it is
 * written; one that is tried again after a crash does nothing twice; none is tried for ever.
 */
import { backoffMs, type ProviderEvent } from '@tinyfat/core';
import { settleWebhookEvent, type WebhookEvent, type WebhookTry, webhookEventRows } from '@tinyfat/database';
import { startWorkLoop, untilWritten, type WorkLoop, type WorkLoopOptions } from '@tinyfat/jobs';
import type { EventOutcome, WebhookDeps } from './contract.ts';
import { workDelivery } from './work-delivery.ts';
import { type Ticket, ticketLine, workReceived } from './work-received.ts';

const AT_ONCE = 8;
const POLL_MS = 1000;
const WAIT_FOR_OTHERS_MS = 5000;
const DAY_MS = 86_400_000;

/** The work on events that are due. */
export function webhookWork(deps: WebhookDeps): WorkLoopOptions<WebhookEvent> {
  const lines = { resend: ticketLine(WAIT_FOR_OTHERS_MS), postmark: ticketLine(WAIT_FOR_OTHERS_MS) };
  const { clock, logger, leaseMs } = deps;
  return {
    name: 'webhook_events',
    rows: webhookEventRows(deps),
    clock,
    logger,
    leaseMs,
    atOnce: AT_ONCE,
    pollMs: POLL_MS,
    async work(event, signal) {
      const ticket = event.kind === 'received' ? lines[event.provider]() : null;
      try {
        await workOn(deps, event, ticket, signal);
      } finally {
        ticket?.done();
      }
    },
  };
}

/** Works on events until it is stopped. */
export function startWebhookWorker(deps: WebhookDeps): WorkLoop {
  return startWorkLoop(webhookWork(deps));
}

async function workOn(
  deps: WebhookDeps,
  event: WebhookEvent,
  ticket: Ticket | null,
  signal: AbortSignal,
): Promise<void> {
  const providerEvent: ProviderEvent = JSON.parse(event.payload);
  const outcome = await tryOnce(deps, event, providerEvent, ticket);
  const end = ending(deps, event, outcome);
  const isSettled = await untilWritten({ logger: deps.logger, signal, what: { webhook: event.id } }, () =>
    settleWebhookEvent(deps.db, event, end, deps.clock()),
  );
  if (!isSettled) return;
  const { state, reason_code: code, reason } = end;
  const level = state === 'done' ? 'info' : state === 'failed' ? 'error' : 'warn';
  const { id: webhook, kind, provider, attempts: attempt } = event;
  deps.logger[level]('webhook_event', { webhook, provider, kind, state, attempt, code, reason });
  // Intake has stored the message by now.
  if (state === 'done' && event.raw_key !== null) await deps.rawMail.remove(event.raw_key);
}

/** An exception is a fault of this server, so the event is tried again. */
async function tryOnce(
  deps: WebhookDeps,
  event: WebhookEvent,
  providerEvent: ProviderEvent,
  ticket: Ticket | null,
): Promise<EventOutcome> {
  try {
    if (providerEvent.kind === 'delivery') return await workDelivery(deps, event, providerEvent);
    return await workReceived(deps, event, providerEvent, ticket);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    deps.logger.error('webhook_event_crashed', { webhook: event.id, error: reason });
    return { state: 'again', code: 'internal', reason, forMs: 7 * DAY_MS, atEnd: 'failed' };
  }
}

function ending(deps: WebhookDeps, event: WebhookEvent, outcome: EventOutcome): WebhookTry {
  const now = deps.clock();
  const { code, reason } = outcome;
  if (outcome.state !== 'again') return { state: outcome.state, at: now, reason_code: code, reason };
  const asked = Math.min(outcome.retryAfterMs ?? 0, DAY_MS);
  const next = now + Math.max(asked, backoffMs(event.attempts, deps.backoff, deps.random));
  if (next <= event.created_at + outcome.forMs)
    return { state: 'pending', at: next, reason_code: code, reason };
  const tries = `It was tried ${event.attempts} times. The last time: ${reason}`;
  return outcome.atEnd === 'done'
    ? { state: 'done', at: now, reason_code: code, reason }
    : { state: 'failed', at: now, reason_code: 'webhook_gave_up', reason: tries };
}
