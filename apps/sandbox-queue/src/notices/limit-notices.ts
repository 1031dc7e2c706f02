/**
 * Sends the limit notices: mails to a sender who wrote too many and to the owner of the agent, at most one an hour each.
 * Intake writes a notice's row in the transaction that quarantines the mail, for proven, listed senders and owners only.
 */
import { afterMailTry, newMessageId, replyTo, type SendOutcome } from '@tinyfat/core';
import {
  type Agent,
  agentById,
  fixWaiting,
  type LimitNotice,
  limitNoticeRows,
  mailById,
  NOTICE_PERIOD_MS,
  settleNotice,
  suppressedAmong,
  waitingOverLimit,
} from '@tinyfat/database';
import { startWorkLoop, untilWritten, type WorkLoop, type WorkLoopOptions } from '@tinyfat/jobs';
import type { OutgoingMail } from '@tinyfat/mail';
import { agentAddress, agentMailbox, type ConsumerDeps, type Work } from '../consumer.ts';
import { incomingMail } from '../mails/incoming.ts';
import { ownerLetter, senderLetter, summarize, type WaitingSummary } from './limit-letters.ts';

/** What sending notices needs. */
export type NoticeDeps = Pick<
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
  | 'deliveryBackoff'
>;

const AT_ONCE = 2;
const POLL_MS = 1000;

/** The work on notices that are due. */
export function noticeWork(deps: NoticeDeps): WorkLoopOptions<LimitNotice> {
  const { clock, logger, leaseMs, transport } = deps;
  return {
    name: 'limit_notices',
    rows: limitNoticeRows(deps, transport.idempotent),
    clock,
    logger,
    leaseMs,
    atOnce: AT_ONCE,
    pollMs: POLL_MS,
    work: (notice, signal) => sendNotice(deps, notice, signal),
  };
}

/** Sends notices until it is stopped. */
export function startLimitNotices(deps: NoticeDeps): WorkLoop {
  return startWorkLoop(noticeWork(deps));
}

async function sendNotice(deps: NoticeDeps, notice: LimitNotice, signal: AbortSignal): Promise<void> {
  const { db, transport, logger, clock } = deps;
  const settle = (end: ReturnType<typeof endOf>) =>
    untilWritten({ logger, signal, what: { notice: notice.id } }, () =>
      settleNotice(db, notice, end, clock()),
    );
  const mail = await noticeMail(deps, notice);
  if (mail === null) {
    await settle({ state: 'dropped', next_attempt_at: clock() });
    return logger.info('limit_notice', { notice: notice.id, role: notice.role, state: 'dropped' });
  }
  const composed = await deps.workers.compose(mail);
  if (!composed.ok) throw new Error(`a notice of a limit could not be composed: ${composed.reason}`);
  const envelope = { sender: mail.from.address, recipients: mail.to.map(({ address }) => address) };
  const outcome = await transport.send(envelope, composed.raw, `limit-notice-${notice.id}`);
  const end = endOf(deps, notice, outcome);
  await settle(end);
  logger[end.state === 'sent' ? 'info' : 'warn']('limit_notice', {
    trace: notice.mail_id,
    notice: notice.id,
    role: notice.role,
    state: end.state,
    attempt: notice.attempts,
    provider: transport.name,
    reason: 'reason' in outcome ? outcome.reason : undefined,
  });
}

/** The mail, the same at every try; null where nothing waits any more, or the recipient is suppressed. */
async function noticeMail(deps: NoticeDeps, notice: LimitNotice): Promise<OutgoingMail | null> {
  const agent = await agentById(deps.db, notice.agent_id);
  const mail = await mailById(deps.db, notice.mail_id);
  if (!agent || agent.deleted_at !== null || !mail) return null;
  const content =
    notice.role === 'sender' ? senderMail(deps, { agent, mail }) : await ownerMail(deps, notice, agent);
  if (content === null) return null;
  const addresses = content.to.map(({ address }) => address);
  if ((await suppressedAmong(deps.db, agent.id, addresses)).length > 0) return null;
  const from = agentMailbox(deps, agent);
  return {
    messageId: newMessageId(notice.id, deps.mailDomain),
    from,
    cc: [],
    replyTo: null,
    date: notice.created_at,
    footer: `${from.address} says this at most once in an hour.`,
    attachments: [],
    ...content,
  };
}

type Content = Pick<OutgoingMail, 'to' | 'subject' | 'inReplyTo' | 'references' | 'body' | 'autoSubmitted'>;

function senderMail(deps: NoticeDeps, { agent, mail }: Pick<Work, 'agent' | 'mail'>): Content | null {
  if (mail.state !== 'over_limit') return null;
  const { to, subject, inReplyTo, references } = replyTo(incomingMail(mail));
  const body = senderLetter({ address: agentAddress(deps, agent), reason: mail.reason });
  return { to, subject, inReplyTo, references, body, autoSubmitted: 'auto-replied' };
}

async function ownerMail(deps: NoticeDeps, notice: LimitNotice, agent: Agent): Promise<Content | null> {
  const now = await waitingOverLimit(deps.db, agent.id);
  const text = notice.waiting ?? (await fixWaiting(deps.db, notice.id, JSON.stringify(summarize(now))));
  const waiting: WaitingSummary = JSON.parse(text);
  if (waiting.mails === 0) return null;
  const address = agentAddress(deps, agent);
  return {
    to: [{ address: agent.owner, name: '' }],
    subject: `Mails to ${agent.name} wait for you`,
    inReplyTo: null,
    references: [],
    body: ownerLetter({ name: agent.name, address, waiting }),
    autoSubmitted: 'auto-generated',
  };
}

/** Tries again only where the provider has not taken the mail, or folds repeats, and only within the hour. */
function endOf(
  deps: NoticeDeps,
  notice: LimitNotice,
  outcome: SendOutcome,
): Parameters<typeof settleNotice>[2] {
  const { state, at } = afterMailTry(
    outcome,
    deps.transport,
    { attempt: notice.attempts, now: deps.clock(), until: notice.created_at + NOTICE_PERIOD_MS },
    deps.deliveryBackoff,
    deps.random,
  );
  return { state, next_attempt_at: at };
}
