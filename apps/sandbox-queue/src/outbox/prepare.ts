/** Makes a delivery of one outbox file: its exact bytes stored, or in state `failed` with its reason. */
import {
  addressOutboxMail,
  type IncomingMail,
  MAX_ATTACHMENTS_BYTES,
  MAX_MAIL_FILE_BYTES,
  MAX_TURN_BYTES,
  type Mailbox,
  type OutboxAttachment,
  type ReadRefusal,
  replyCopies,
  replyFileName,
  sha256Hex,
  storedOutbound,
} from '@tinyfat/core';
import {
  agentById,
  allowList,
  answeredMail,
  type Delivery,
  suppressedAmong,
  type WrittenDelivery,
} from '@tinyfat/database';
import type { OutgoingMail } from '@tinyfat/mail';
import { agentMailbox, type ConsumerDeps, type Work } from '../consumer.ts';
import { incomingMail, replyToOf } from '../mails/incoming.ts';
import { firstState, newDelivery } from '../mails/new-delivery.ts';
import { addressAsRejected, rejectedMail } from '../mails/rewriting.ts';
import { OUTBOX } from './folder.ts';

type Deps = Pick<ConsumerDeps, 'db' | 'folders' | 'rawMail' | 'workers' | 'clock' | 'makeId' | 'mailDomain'>;
type Addressee = Pick<Work, 'agent' | 'mail'>;
type Refusal = { ok: false; code: string; reason: string };

/** Bytes that may still be read for the mails of one turn, attachments included. */
interface ReadBudget {
  left: number;
}

/**
 * Reads, checks and composes one file of outbox/email. Never throws for what the agent wrote. Null for a file from which one
 * of the `known` deliveries was made.
 */
export async function prepareDelivery(
  deps: Deps,
  work: Addressee,
  source: {
    runId: string;
    footer: string | null;
    file: string;
    known: readonly Delivery[];
    budget?: ReadBudget;
  },
): Promise<WrittenDelivery | null> {
  const { budget = { left: MAX_TURN_BYTES } } = source;
  const sameName = source.known.filter((other) => other.source_file === source.file);
  const isKnown = (sha256: string | null) => sameName.some((other) => other.source_sha256 === sha256);
  const base = newDelivery(deps, work, source);
  const refusedUnread = (refusal: Refusal) => (isKnown(null) ? null : refused(refusal));
  const refused = ({ code, reason }: Refusal, more: Partial<WrittenDelivery> = {}): WrittenDelivery => ({
    ...base,
    ...more,
    reason_code: code,
    reason,
  });

  if (!source.file.endsWith('.json')) {
    return refusedUnread({
      ok: false,
      code: 'outbox_not_json',
      reason: `${source.file} is no mail: files in outbox/email end in .json.`,
    });
  }
  const most = Math.min(MAX_MAIL_FILE_BYTES, budget.left);
  const file = await deps.folders.read(work.agent.id, `${OUTBOX}/${source.file}`, most);
  if (!file.ok) {
    // That of an earlier delivery may have been filed since it was listed, or be too large for the rest of this turn.
    const short = most < MAX_MAIL_FILE_BYTES && file.reason === 'too_large';
    const isEarlier = sameName.length > 0 && (short || file.reason === 'missing');
    return isEarlier ? null : refusedUnread(readRefusal(file, '', most < MAX_MAIL_FILE_BYTES));
  }
  budget.left -= file.bytes.length;
  const sha256 = await sha256Hex(file.bytes);
  if (isKnown(sha256)) return null;
  const parsed = await deps.workers.checkOutbox(file.bytes);
  const isReply = source.file === replyFileName(source.runId);
  if (!parsed.ok) return refused(parsed, { source_sha256: sha256, kind: isReply ? 'reply' : 'mail' });

  const incoming = incomingMail(work.mail);
  const copies = await copiesOf(deps, work, incoming);
  const rewritten = parsed.mail.to === null ? await rejectedMail(deps, work.mail) : null;
  if (rewritten?.ok === false) {
    const failed = { code: 'compose_failed', ...rewritten };
    return refused(failed, { source_sha256: sha256, kind: 'reply' });
  }
  const rejected = rewritten?.mail ?? null;
  const addressed = rejected
    ? addressAsRejected(parsed.mail, rejected)
    : addressOutboxMail(parsed.mail, incoming, copies);
  const to = [...addressed.to, ...addressed.cc].map((mailbox) => mailbox.address);
  const described: Partial<WrittenDelivery> = {
    source_sha256: sha256,
    kind: addressed.answers ? 'reply' : 'mail',
    recipients: JSON.stringify(to),
    subject: addressed.subject,
    text: parsed.mail.body,
  };
  const inThread = rejected ? rejected.autoSubmitted === 'auto-replied' : addressed.answers;
  const attachments = await loadAttachments(deps, work.agent.id, parsed.mail.attachments, budget);
  if (!attachments.ok) return refused(attachments, described);
  const composed = await deps.workers.compose({
    messageId: base.message_id,
    from: agentMailbox(deps, work.agent),
    to: addressed.to,
    cc: addressed.cc,
    replyTo: rejected ? rejected.replyTo : replyToOf(deps, work, to),
    subject: addressed.subject,
    date: deps.clock(),
    inReplyTo: addressed.inReplyTo,
    references: addressed.references,
    body: parsed.mail.body,
    footer: inThread ? source.footer : null,
    autoSubmitted: inThread ? 'auto-replied' : 'auto-generated',
    attachments: attachments.files,
  });
  if (!composed.ok) return refused({ ok: false, code: 'compose_failed', reason: composed.reason }, described);
  await deps.rawMail.put(base.id, composed.raw);

  const answered = (await answeredMail(deps.db, work.mail.id)) ?? work.mail;
  // As it is now: the owner may have changed it while the turn ran.
  const agent = await agentById(deps.db, work.agent.id);
  const policy = storedOutbound(agent?.outbound ?? '');
  const first = await firstState(deps, { ...work, mail: answered }, to, policy);
  return { ...base, ...described, raw_key: base.id, ...first };
}

async function copiesOf(deps: Deps, { agent }: Addressee, incoming: IncomingMail): Promise<Mailbox[]> {
  if (incoming.others.length === 0) return [];
  const suppressed = await suppressedAmong(deps.db, agent.id, incoming.others);
  return replyCopies(incoming, {
    owner: agent.owner,
    allowList: await allowList(deps.db, agent.id),
    suppressed: suppressed.map(({ address }) => address),
  });
}

async function loadAttachments(
  deps: Deps,
  agentId: string,
  wanted: readonly OutboxAttachment[],
  budget: ReadBudget,
): Promise<{ ok: true; files: OutgoingMail['attachments'] } | Refusal> {
  const files: OutgoingMail['attachments'] = [];
  let left = MAX_ATTACHMENTS_BYTES;
  for (const attachment of wanted) {
    let content: Uint8Array;
    if (attachment.source === 'content') {
      content = attachment.content;
    } else {
      const file = await deps.folders.read(agentId, attachment.path, Math.min(left, budget.left));
      if (!file.ok) return readRefusal(file, 'Attachment: ', budget.left < left);
      budget.left -= file.bytes.length;
      content = file.bytes;
    }
    left -= content.length;
    if (left < 0) {
      return {
        ok: false,
        code: 'file_too_large',
        reason: `The attachments have more than ${MAX_ATTACHMENTS_BYTES} bytes together.`,
      };
    }
    files.push({ filename: attachment.filename, contentType: null, content });
  }
  return { ok: true, files };
}

/** @param short - whether other mails of the turn have used the rest of its budget */
function readRefusal({ reason, detail }: ReadRefusal, what: string, short: boolean): Refusal {
  if (reason !== 'too_large' || !short)
    return { ok: false, code: `file_${reason}`, reason: `${what}${detail}.` };
  const limit = `the mails of one turn have at most ${MAX_TURN_BYTES} bytes together, attachments included`;
  return { ok: false, code: 'outbox_over_limit', reason: `${what}${detail}, because ${limit}.` };
}
