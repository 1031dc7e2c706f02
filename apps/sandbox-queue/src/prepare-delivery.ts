/** One outbox file → a delivery with its exact bytes stored, or one in state `failed` or `held` with its reason. */
import {
  addressOutboxMail,
  type IncomingMail,
  MAX_ATTACHMENTS_BYTES,
  type Mailbox,
  newMessageId,
  type OutboxAttachment,
  parseOutboxMail,
  replyCopies,
  sha256Hex,
} from '@tinyfat/core';
import { allowList, type Delivery, type NewDelivery, suppressedAmong } from '@tinyfat/database';
import type { OutgoingMail } from '@tinyfat/mail';
import { agentAddress, type ConsumerPorts, type Work } from './consumer.ts';
import { firstState } from './hold-delivery.ts';
import { incomingMail, secretReplyTo } from './incoming-mail.ts';

/** An outbox file may carry its attachments in base64. */
const MAX_FILE_BYTES = 25_000_000;

type Ports = Pick<
  ConsumerPorts,
  'db' | 'folders' | 'rawMail' | 'workers' | 'clock' | 'makeId' | 'mailDomain'
>;
type Addressee = Pick<Work, 'agent' | 'mail'>;
type Refusal = { ok: false; code: string; reason: string };

/**
 * Reads, checks and composes one file of outbox/email. Never throws for what the agent wrote. Null for a file that one
 * of the `known` deliveries was made from: it is not composed and stored again while it waits.
 */
export async function prepareDelivery(
  ports: Ports,
  work: Addressee,
  source: { runId: string; footer: string | null; file: string; known: readonly Delivery[] },
): Promise<NewDelivery | null> {
  const isKnown = (sha256: string | null) =>
    source.known.some((other) => other.source_file === source.file && other.source_sha256 === sha256);
  const id = ports.makeId();
  const base: NewDelivery = {
    id,
    agent_id: work.agent.id,
    mail_id: work.mail.id,
    run_id: source.runId,
    kind: 'mail',
    source_file: source.file,
    source_sha256: null,
    envelope_sender: agentAddress(ports, work.agent),
    recipients: '[]',
    subject: '',
    message_id: newMessageId(id, ports.mailDomain),
    raw_key: '',
    state: 'failed',
    attempts: 0,
    next_attempt_at: ports.clock(),
    created_at: ports.clock(),
    filed: 0,
  };
  const refusedUnread = (refusal: Refusal) => (isKnown(null) ? null : refused(refusal));
  const refused = ({ code, reason }: Refusal, more: Partial<NewDelivery> = {}): NewDelivery => ({
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
  const file = await ports.folders.read(work.agent.id, `outbox/email/${source.file}`, MAX_FILE_BYTES);
  if (!file.ok) return refusedUnread({ ok: false, code: `file_${file.reason}`, reason: `${file.detail}.` });
  const sha256 = await sha256Hex(file.bytes);
  if (isKnown(sha256)) return null;
  const parsed = parseOutboxMail(new TextDecoder().decode(file.bytes));
  const isReply = source.file === `${source.runId}.json`;
  if (!parsed.ok) return refused(parsed, { source_sha256: sha256, kind: isReply ? 'reply' : 'mail' });

  const incoming = incomingMail(work.mail);
  const copies = await copiesOf(ports, work, incoming);
  const addressed = addressOutboxMail(parsed.mail, incoming, copies);
  const to = [...addressed.to, ...addressed.cc].map((mailbox) => mailbox.address);
  const described: Partial<NewDelivery> = {
    source_sha256: sha256,
    kind: addressed.answers ? 'reply' : 'mail',
    recipients: JSON.stringify(to),
    subject: addressed.subject,
  };
  const attachments = await loadAttachments(ports, work.agent.id, parsed.mail.attachments);
  if (!attachments.ok) return refused(attachments, described);
  const composed = await ports.workers.compose({
    messageId: base.message_id,
    from: { address: base.envelope_sender, name: work.agent.name },
    to: addressed.to,
    cc: addressed.cc,
    replyTo: secretReplyTo(ports, work, to),
    subject: addressed.subject,
    date: ports.clock(),
    inReplyTo: addressed.inReplyTo,
    references: addressed.references,
    body: parsed.mail.body,
    footer: addressed.answers ? source.footer : null,
    autoSubmitted: addressed.answers ? 'auto-replied' : 'auto-generated',
    attachments: attachments.files,
  });
  if (!composed.ok) return refused({ ok: false, code: 'compose_failed', reason: composed.reason }, described);
  await ports.rawMail.put(id, composed.raw);

  return { ...base, ...described, raw_key: id, ...(await firstState(ports, work, to)) };
}

async function copiesOf(ports: Ports, { agent }: Addressee, incoming: IncomingMail): Promise<Mailbox[]> {
  if (incoming.others.length === 0) return [];
  const suppressed = await suppressedAmong(ports.db, agent.id, incoming.others);
  return replyCopies(incoming, {
    owner: agent.owner,
    allowList: await allowList(ports.db, agent.id),
    suppressed: suppressed.map(({ address }) => address),
  });
}

async function loadAttachments(
  ports: Ports,
  agentId: string,
  wanted: readonly OutboxAttachment[],
): Promise<{ ok: true; files: OutgoingMail['attachments'] } | Refusal> {
  const files: OutgoingMail['attachments'] = [];
  let room = MAX_ATTACHMENTS_BYTES;
  for (const attachment of wanted) {
    let content: Uint8Array;
    if (attachment.source === 'content') {
      content = attachment.content;
    } else {
      const file = await ports.folders.read(agentId, attachment.path, room);
      if (!file.ok) return { ok: false, code: `file_${file.reason}`, reason: `Attachment: ${file.detail}.` };
      content = file.bytes;
    }
    room -= content.length;
    if (room < 0) {
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
