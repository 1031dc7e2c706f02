/**
 * Sends deliveries through the provider, in order and one at a time per agent, and settles them. `sending` is committed
 * before the attempt; an attempt without an answer makes the delivery `uncertain`, and it is sent again only where the
 * provider folds repeats and still remembers the first (invariant 4). While the provider's account may not send, a
 * delivery is parked: tried seldom and without end, and shown as waiting with the reason.
 */
import {
  afterFailure,
  approvalDigest,
  describeError,
  hardRefusals,
  mayTryAgain,
  type RelayFault,
  type SendOutcome,
  withoutAddresses,
} from '@tinyfat/core';
import {
  agentById,
  type Delivery,
  type DeliveryEnd,
  deliveryRows,
  recordVoidApproval,
  setMailState,
  settleDelivery,
  suppress,
  transact,
} from '@tinyfat/database';
import { untilWritten, type WorkLoopOptions } from '@tinyfat/jobs';
import type { ConsumerDeps } from '../consumer.ts';
import { syncDelivery } from '../outbox/sync.ts';

/** What sending, and filing what became of it, needs. */
export type SenderDeps = Pick<
  ConsumerDeps,
  | 'db'
  | 'worker'
  | 'leaseMs'
  | 'folders'
  | 'rawMail'
  | 'workers'
  | 'transport'
  | 'clock'
  | 'random'
  | 'logger'
  | 'recorder'
  | 'deliveryBackoff'
>;

const POLL_MS = 1000;
const AT_ONCE = 8;
/** Bounds of the wait that a provider asks for, for a parked delivery. */
const PARKED_MS = { least: 3_600_000, most: 86_400_000 };

/** It is not what somebody approved, so it was not handed over. */
interface VoidApproval {
  state: 'void';
}
type Outcome = SendOutcome | VoidApproval;

/** How long before the provider forgets an attempt it is no longer repeated. */
const FORGETS_EARLIER_MS = 3_600_000;

/** `at`: when the delivery was claimed, epoch ms. */
interface Claimed {
  delivery: Delivery;
  at: number;
}

/** The work on deliveries that are due. `onReclaimed` is called when deliveries of dead workers were given back. */
export function deliveryWork(deps: SenderDeps, onReclaimed: () => void): WorkLoopOptions<Delivery> {
  const { clock, logger, leaseMs, transport } = deps;
  const rows = deliveryRows(deps, { provider: transport.name, idempotent: transport.idempotent });
  return {
    name: 'deliveries',
    rows: {
      ...rows,
      async reclaim(isOwn) {
        const reclaimed = await rows.reclaim(isOwn);
        if (reclaimed > 0) onReclaimed();
        return reclaimed;
      },
    },
    clock,
    logger,
    leaseMs,
    atOnce: AT_ONCE,
    pollMs: POLL_MS,
    work: (delivery, signal) => deliver(deps, { delivery, at: claimedAt(deps, delivery) }, signal),
  };
}

/** The claim has written when the lease that it began ends. */
function claimedAt({ clock, leaseMs }: SenderDeps, { lease_until }: Delivery): number {
  return lease_until === null ? clock() : lease_until - leaseMs;
}

async function deliver(deps: SenderDeps, { delivery, at }: Claimed, signal: AbortSignal): Promise<void> {
  const outcome = forgotten(deps, { delivery, at }) ?? (await attempt(deps, delivery));
  // A certain outcome ends the doubt of this attempt, not that of an earlier one.
  const certain = outcome.state !== 'unknown' && delivery.doubt_since === at;
  const end = settlement(deps, delivery, outcome);
  const inDoubt = delivery.doubt_since !== at && end.state === 'pending';
  const settled = {
    ...end,
    ...(certain ? { doubt_since: null } : {}),
    ...(inDoubt ? { provider: delivery.provider } : {}),
  };
  const write = () =>
    // In the order in which a report writes: delivery, mail, recipients.
    transact(deps.db, [], async (tx) => {
      // A report may have settled the delivery already: a mail can come back before its attempt has ended.
      const isOurs = await settleDelivery(tx, delivery, settled, deps.clock());
      if (isOurs && outcome.state === 'void') await recordVoidApproval(tx, delivery.id, deps.clock());
      const mail = isOurs ? mailState(delivery, settled.state, settled.reason ?? null) : null;
      if (mail) await setMailState(tx, delivery.mail_id, mail.state, mail.reason);
      await suppress(tx, suppressions(deps, delivery, outcome));
    });
  // What the provider said is known nowhere else.
  const what = { delivery: delivery.id, state: settled.state, provider_id: settled.provider_id ?? '' };
  await untilWritten({ logger: deps.logger, signal, what }, write);
  const agent = await agentById(deps.db, delivery.agent_id).catch(() => undefined);
  deps.recorder.delivery({
    trace: delivery.mail_id,
    run: delivery.run_id,
    delivery: delivery.id,
    kind: delivery.kind,
    state: settled.state,
    attempt: delivery.attempts,
    provider: deps.transport.name,
    agent: agent?.name ?? delivery.agent_id,
    code: settled.reason_code ?? null,
    reason: settled.state === 'sent' ? null : withoutAddresses(settled.reason ?? ''),
    nextAttemptAt: settled.state === 'pending' ? (settled.next_attempt_at ?? null) : null,
    durationMs: deps.clock() - at,
  });
  if (settled.state !== 'pending') await syncDelivery(deps, delivery.id);
}

/** `unknown` where an earlier attempt may have been taken and this provider does not remember it: a repeat could be a second mail. */
function forgotten({ transport }: SenderDeps, { delivery, at }: Claimed): SendOutcome | null {
  const { doubt_since } = delivery;
  const isAsked = delivery.provider === transport.name;
  if (doubt_since === null || (doubt_since === at && isAsked)) return null;
  const { remembersMs = Number.POSITIVE_INFINITY } = transport;
  if (isAsked && transport.idempotent && at - doubt_since < remembersMs - FORGETS_EARLIER_MS) return null;
  const reason = `An earlier try may have been taken, and ${transport.name} does not remember it.`;
  return { state: 'unknown', reason, final: true };
}

/** One attempt. What fails before the provider is asked was surely not sent. */
async function attempt(deps: SenderDeps, delivery: Delivery): Promise<Outcome> {
  const recipients: string[] = JSON.parse(delivery.recipients);
  let raw: Uint8Array;
  try {
    raw = await deps.rawMail.get(delivery.raw_key);
  } catch (error) {
    return { state: 'temporary', reason: `The stored message could not be read: ${String(error)}` };
  }
  if (delivery.approved_digest !== null) {
    const { id: deliveryId, envelope_sender: envelopeSender } = delivery;
    const digest = await approvalDigest({ deliveryId, envelopeSender, recipients, raw });
    if (digest !== delivery.approved_digest) return { state: 'void' };
  }
  // A mail that came back is sent anew, which the provider must not fold into the first time.
  const key = delivery.sent_at === null ? delivery.id : `${delivery.id}-${delivery.sent_at}`;
  return await deps.transport.send({ sender: delivery.envelope_sender, recipients }, raw, key);
}

/** Recipients that the provider refused because there is no such mailbox. */
function suppressions(deps: SenderDeps, delivery: Delivery, outcome: Outcome) {
  const refused = 'recipientsRefused' in outcome ? (outcome.recipientsRefused ?? []) : [];
  const recipients: string[] = JSON.parse(delivery.recipients);
  return hardRefusals(refused, recipients).map((one) => ({
    ...one,
    agent_id: delivery.agent_id,
    delivery_id: delivery.id,
    created_at: deps.clock(),
  }));
}

function settlement(deps: SenderDeps, delivery: Delivery, outcome: Outcome): DeliveryEnd {
  const provider = deps.transport.name;
  switch (outcome.state) {
    case 'sent': {
      const refused = outcome.recipientsRefused.map(({ address, reason }) => `${address}: ${reason}`);
      return {
        state: 'sent',
        provider,
        provider_id: outcome.providerId,
        sent_at: deps.clock(),
        reason_code: null,
        reason: refused.length > 0 ? `Refused for ${refused.join('; ')}` : null,
      };
    }
    case 'permanent':
      return {
        state: 'failed',
        provider,
        reason_code: outcome.code ?? 'delivery_rejected',
        reason: outcome.reason,
      };
    case 'unknown': {
      const { reason } = outcome;
      if (mayTryAgain(outcome, deps.transport)) return again(deps, delivery, outcome);
      return { state: 'uncertain', provider, reason_code: 'delivery_uncertain', reason };
    }
    case 'void':
      return {
        state: 'awaiting_approval',
        attempts: delivery.attempts - 1,
        reason_code: 'approval_void',
        reason: null,
        approved_digest: null,
      };
    case 'temporary':
      return outcome.parked === true ? parked(deps, delivery, outcome) : again(deps, delivery, outcome);
  }
}

/** Puts a delivery off without counting the attempt: no number of attempts mends an account. */
function parked(
  deps: SenderDeps,
  delivery: Delivery,
  { reason, retryAfterMs = 0 }: { reason: string; retryAfterMs?: number },
): DeliveryEnd {
  const wait = Math.min(Math.max(retryAfterMs, PARKED_MS.least), PARKED_MS.most);
  return {
    state: 'pending',
    provider: deps.transport.name,
    attempts: delivery.attempts - 1,
    next_attempt_at: deps.clock() + wait,
    reason_code: 'delivery_parked',
    reason,
  };
}

function again(
  deps: SenderDeps,
  delivery: Delivery,
  trouble: { reason: string; code?: RelayFault; retryAfterMs?: number },
): DeliveryEnd {
  const next = afterFailure(
    { attempt: delivery.attempts, retryable: true, retryAfterMs: trouble.retryAfterMs },
    deps.deliveryBackoff,
    deps.random,
  );
  const provider = deps.transport.name;
  if (next.step === 'give_up') {
    return { state: 'failed', provider, reason_code: 'delivery_exhausted', reason: trouble.reason };
  }
  return {
    state: 'pending',
    provider,
    next_attempt_at: deps.clock() + next.delayMs,
    reason_code: trouble.code ?? 'delivery_deferred',
    reason: trouble.reason,
  };
}

/** State of the mail that a delivery answers; null where the delivery changes nothing. */
function mailState(
  delivery: Delivery,
  state: DeliveryEnd['state'],
  reason: string | null,
): { state: 'replied' | 'command' | 'failed' | 'awaiting_approval'; reason: string } | null {
  if (delivery.kind !== 'reply' && delivery.kind !== 'command') return null;
  if (state === 'awaiting_approval') return { state, reason: describeError('approval_void').sentence };
  if (state === 'sent') {
    return delivery.kind === 'reply'
      ? { state: 'replied', reason: 'The agent answered.' }
      : { state: 'command', reason: 'The command was answered.' };
  }
  if (state === 'failed') return { state: 'failed', reason: `The answer could not be sent: ${reason ?? ''}` };
  if (state === 'uncertain') {
    return { state: 'failed', reason: `The answer may or may not have been sent: ${reason ?? ''}` };
  }
  return null;
}
