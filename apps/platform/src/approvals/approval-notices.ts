/**
 * Sends the mails that tell owners of a mail that awaits their approval: one for each, to the owner of its agent alone, with
 * a link to decide by. Each is composed when it is tried, of rows that hold no secret. Logs name the delivery, never the
 * address or the link.
 */
import {
  afterMailTry,
  approvalDigest,
  explainError,
  type Logger,
  type MailTransport,
  newMessageId,
  type RawMailStore,
} from '@tinyfat/core';
import {
  type Agent,
  type ApprovalNotice,
  agentById,
  approvalNoticeRows,
  type Delivery,
  deliveryById,
  earlierApprovalNotices,
  type LeaseDeps,
  settleApprovalNotice,
  suppressedAmong,
} from '@tinyfat/database';
import { startWorkLoop, untilWritten, type WorkLoop, type WorkLoopOptions } from '@tinyfat/jobs';
import type { Letter, MailWorkers, OutgoingMail } from '@tinyfat/mail';
import type { SignInKey } from '../accounts/sign-in-key.ts';
import { DECISION_LINK_MS, decisionToken } from './decision-link.ts';

/** What sending them needs. */
export interface ApprovalNoticeDeps extends LeaseDeps {
  key: Pick<SignInKey, 'decisionMac'>;
  workers: Pick<MailWorkers, 'compose'>;
  rawMail: Pick<RawMailStore, 'get'>;
  transport: MailTransport;
  random(): number;
  logger: Logger;
  publicUrl: URL;
  mailDomain: string;
  retryBaseMs: number;
}

const AT_ONCE = 2;
const POLL_MS = 1000;
const LONGEST_WAIT_MS = 3_600_000;
const HOUR_MS = 3_600_000;
/** An owner hears of so many mails of one agent in an hour; the pages show all. */
const MOST_AN_HOUR = 20;
/** Older news are not worth a mail. */
const TRIED_MS = 24 * HOUR_MS;
const MOST_SUBJECT = 150;

/** Sends until it is stopped. */
export function startApprovalNotices(deps: ApprovalNoticeDeps): WorkLoop {
  return startWorkLoop(approvalNoticeWork(deps));
}

/** The work itself: for a loop, or for one invocation that drains it. */
export function approvalNoticeWork(deps: ApprovalNoticeDeps): WorkLoopOptions<ApprovalNotice> {
  const { clock, logger, leaseMs, transport } = deps;
  return {
    name: 'approval_notices',
    rows: approvalNoticeRows(deps, transport.idempotent),
    clock,
    logger,
    leaseMs,
    atOnce: AT_ONCE,
    pollMs: POLL_MS,
    work: (notice, signal) => send(deps, notice, signal),
  };
}

type End = Parameters<typeof settleApprovalNotice>[2];

async function send(deps: ApprovalNoticeDeps, notice: ApprovalNotice, signal: AbortSignal): Promise<void> {
  const { db, logger, clock, transport } = deps;
  const { delivery_id: delivery } = notice;
  const settle = (end: End) =>
    untilWritten({ logger, signal, what: { approval_notice: delivery } }, () =>
      settleApprovalNotice(db, notice, end, clock()),
    );
  const mail = await noticeMail(deps, notice);
  if (mail === null) {
    await settle({ state: 'dropped', next_attempt_at: clock() });
    return logger.info('approval_notice', { delivery, state: 'dropped' });
  }
  const composed = await deps.workers.compose(mail);
  if (!composed.ok)
    throw new Error(`a notice of a mail to be approved could not be composed: ${composed.reason}`);
  const recipients = mail.to.map(({ address }) => address);
  const envelope = { sender: mail.from.address, recipients };
  const outcome = await transport.send(envelope, composed.raw, `approval-notice-${delivery}`);
  const end = endOf(deps, notice, outcome);
  await settle(end);
  logger[end.state === 'sent' ? 'info' : 'warn']('approval_notice', {
    delivery,
    state: end.state,
    attempt: notice.attempts,
    provider: transport.name,
    // A provider's words can repeat the address.
    reason: 'reason' in outcome ? outcome.reason.replaceAll(recipients.join(), '(the address)') : undefined,
  });
}

/** Null where nobody is to be told: it is decided, the owner gets no mail from the agent, or there were too many. */
async function noticeMail(deps: ApprovalNoticeDeps, notice: ApprovalNotice): Promise<OutgoingMail | null> {
  const { db, key } = deps;
  const delivery = await deliveryById(db, notice.delivery_id);
  const agent = await agentById(db, notice.agent_id);
  if (!delivery || !agent || agent.deleted_at !== null) return null;
  if (delivery.state !== 'awaiting_approval' || delivery.raw_removed_at !== null) return null;
  if ((await suppressedAmong(db, agent.id, [agent.owner])).length > 0) return null;
  const earlier = await earlierApprovalNotices(db, notice, notice.created_at - HOUR_MS);
  if (earlier >= MOST_AN_HOUR) return null;
  const recipients: string[] = JSON.parse(delivery.recipients);
  const digest = await approvalDigest({
    deliveryId: delivery.id,
    envelopeSender: delivery.envelope_sender,
    recipients,
    raw: await deps.rawMail.get(delivery.raw_key),
  });
  const expiresAt = notice.created_at + DECISION_LINK_MS;
  const token = await decisionToken(key, { deliveryId: delivery.id, digest, owner: agent.owner, expiresAt });
  const subject = delivery.subject.slice(0, MOST_SUBJECT).toWellFormed();
  return {
    messageId: newMessageId(`${delivery.id}.approval`, deps.mailDomain),
    from: { address: `noreply@${deps.mailDomain}`, name: agent.display_name || agent.name },
    to: [{ address: agent.owner, name: '' }],
    cc: [],
    replyTo: null,
    subject: `${agent.name} asks for your approval: ${subject}`,
    date: notice.created_at,
    inReplyTo: null,
    references: [],
    body: letter(
      { agent, delivery, recipients, subject },
      {
        href: new URL(`/decide?token=${token}`, deps.publicUrl).href,
        until: `${new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      },
    ),
    footer: null,
    autoSubmitted: 'auto-generated',
    attachments: [],
  };
}

function letter(
  about: { agent: Agent; delivery: Delivery; recipients: readonly string[]; subject: string },
  link: { href: string; until: string },
): Letter {
  const { agent, delivery, recipients, subject } = about;
  const why = explainError(delivery.reason_code ?? 'recipients_not_allowed', delivery.reason);
  return {
    heading: `${agent.name} wrote a mail that waits for you`,
    blocks: [
      {
        kind: 'rows',
        rows: [
          { label: 'To', text: [recipients.join(', ')] },
          { label: 'Subject', text: [subject] },
          { label: 'Why it waits', text: [why] },
        ],
      },
      { kind: 'link', label: 'Read it and decide', href: link.href },
      {
        kind: 'text',
        text: [
          `Opening the page decides nothing: its buttons do. The link works until ${link.until}, without signing in, for whoever has it, so give it to nobody.`,
        ],
      },
      {
        kind: 'text',
        quiet: true,
        text: ['You get this mail once, as the owner of the agent. Answers to it are not read.'],
      },
    ],
  };
}

/** Another try only where the provider has not taken it, or folds repeats, and not for longer than a day. */
function endOf(
  { transport, clock, random, retryBaseMs }: ApprovalNoticeDeps,
  notice: ApprovalNotice,
  outcome: Awaited<ReturnType<MailTransport['send']>>,
): End {
  const { state, at } = afterMailTry(
    outcome,
    transport,
    { attempt: notice.attempts, now: clock(), until: notice.created_at + TRIED_MS },
    { baseMs: retryBaseMs, capMs: LONGEST_WAIT_MS, maxAttempts: Number.POSITIVE_INFINITY },
    random,
  );
  return { state, next_attempt_at: at };
}
