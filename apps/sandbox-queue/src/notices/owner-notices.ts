/**
 * Sends the mails of the host to owners: alerts, the digest and test mails, each at most once. They come from no agent, so no
 * answer to one starts a turn.
 */
import { afterMailTry, newMessageId, type SendOutcome } from '@tinyfat/core';
import { alertsOf, type OwnerNotice, ownerNoticeRows, settleOwnerNotice } from '@tinyfat/database';
import { startWorkLoop, untilWritten, type WorkLoop, type WorkLoopOptions } from '@tinyfat/jobs';
import type { ConsumerDeps } from '../consumer.ts';
import { ownerLetter, readContent } from './owner-letters.ts';

/** What sending them needs. */
export type OwnerNoticeDeps = Pick<
  ConsumerDeps,
  | 'db'
  | 'worker'
  | 'leaseMs'
  | 'workers'
  | 'transport'
  | 'clock'
  | 'random'
  | 'logger'
  | 'mailDomain'
  | 'publicUrl'
  | 'deliveryBackoff'
>;

const AT_ONCE = 2;
const POLL_MS = 1000;
/** Characters of what the provider said. */
const MOST_REASON = 300;

/** The work on notices that are due. */
export function ownerNoticeWork(deps: OwnerNoticeDeps): WorkLoopOptions<OwnerNotice> {
  const { clock, logger, leaseMs, transport } = deps;
  return {
    name: 'owner_notices',
    rows: ownerNoticeRows(deps, transport.idempotent),
    clock,
    logger,
    leaseMs,
    atOnce: AT_ONCE,
    pollMs: POLL_MS,
    work: (notice, signal) => sendNotice(deps, notice, signal),
  };
}

/** Sends until it is stopped. */
export function startOwnerNotices(deps: OwnerNoticeDeps): WorkLoop {
  return startWorkLoop(ownerNoticeWork(deps));
}

type End = Parameters<typeof settleOwnerNotice>[2];

async function sendNotice(deps: OwnerNoticeDeps, notice: OwnerNotice, signal: AbortSignal): Promise<void> {
  const { db, transport, logger, clock } = deps;
  const end = (await isWanted(deps, notice))
    ? await attempt(deps, notice)
    : { state: 'dropped' as const, next_attempt_at: clock(), reason: null };
  await untilWritten({ logger, signal, what: { notice: notice.id } }, () =>
    settleOwnerNotice(db, notice, end, clock()),
  );
  logger[end.state === 'failed' ? 'warn' : 'info']('owner_notice', {
    notice: notice.id,
    kind: notice.kind,
    state: end.state,
    attempt: notice.attempts,
    provider: transport.name,
    // A provider's words can repeat the address.
    reason: end.reason?.replaceAll(notice.owner, '(the owner)'),
  });
}

/** An owner may have chosen otherwise since it was asked for. */
async function isWanted({ db }: OwnerNoticeDeps, { kind, owner }: OwnerNotice): Promise<boolean> {
  return kind === 'test' || (await alertsOf(db, owner))[kind];
}

async function attempt(deps: OwnerNoticeDeps, notice: OwnerNotice): Promise<End> {
  const { clock, mailDomain, transport } = deps;
  const content = readContent(notice.content);
  if (content === null) return { state: 'dropped', next_attempt_at: clock(), reason: null };
  const { subject, letter } = ownerLetter(content, deps);
  const sender = `noreply@${mailDomain}`;
  const composed = await deps.workers.compose({
    messageId: newMessageId(notice.id, mailDomain),
    from: { address: sender, name: 'tinyfat' },
    to: [{ address: notice.owner, name: '' }],
    cc: [],
    replyTo: null,
    subject,
    date: notice.created_at,
    inReplyTo: null,
    references: [],
    body: letter,
    footer: null,
    autoSubmitted: 'auto-generated',
    attachments: [],
  });
  if (!composed.ok) throw new Error(`a notice to an owner could not be composed: ${composed.reason}`);
  const envelope = { sender, recipients: [notice.owner] };
  return endOf(deps, notice, await transport.send(envelope, composed.raw, `owner-notice-${notice.id}`));
}

/** Tries again only where the provider has surely not taken the mail, or folds repeats. */
function endOf(deps: OwnerNoticeDeps, notice: OwnerNotice, outcome: SendOutcome): End {
  const { state, at } = afterMailTry(
    outcome,
    deps.transport,
    { attempt: notice.attempts, now: deps.clock() },
    deps.deliveryBackoff,
    deps.random,
  );
  const reason = outcome.state === 'sent' ? null : outcome.reason.slice(0, MOST_REASON);
  return { state, next_attempt_at: at, reason };
}
