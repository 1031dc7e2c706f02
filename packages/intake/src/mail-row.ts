/** The row of one message for one agent, from what was found out and decided. */
import {
  type FromSender,
  fromSender,
  type Inspection,
  type MailSummary,
  parseMessageId,
  sha256Hex,
  type Verdict,
} from '@tinyfat/core';
import type { NewMail } from '@tinyfat/database';
import type { ReceivedMessage } from './contract.ts';
import { otherPeople } from './mail-people.ts';

/** A verdict that ends in a row. */
export type FinalVerdict = Exclude<Verdict, { verdict: 'temporary' }>;

/** Everything that the row is made of. */
export interface JudgedMail {
  id: string;
  /** Epoch ms. */
  receivedAt: number;
  agentId: string;
  agentBase: string;
  /** As it stood in the envelope. */
  recipient: string;
  /** Id of the secret address that it is. */
  secretAddress: string | null;
  message: ReceivedMessage;
  inspection: Inspection;
  verdict: FinalVerdict;
  rawKey: string;
  messageId: string;
  isAgent(base: string): Promise<boolean>;
}

/** The row with the verdict of the door. */
export async function mailRow(mail: JudgedMail): Promise<NewMail> {
  const { verdict, inspection, message } = mail;
  const summary = inspection.ok ? inspection.summary : null;
  const from = summary ? fromSender(summary) : null;
  const letIn = verdict.verdict === 'accepted' || verdict.verdict === 'quarantined' ? verdict : null;
  return {
    id: mail.id,
    agent_id: mail.agentId,
    received_at: mail.receivedAt,
    via: message.via,
    client_address: message.client.address,
    envelope_sender: message.envelopeSender,
    envelope_recipient: mail.recipient,
    raw_key: mail.rawKey,
    raw_bytes: message.oversizeBytes ?? message.raw.length,
    sender: from?.ok ? from.sender.address : null,
    sender_base: from?.ok ? from.sender.base : null,
    sender_name: from?.ok ? from.name : '',
    message_id: mail.messageId,
    in_reply_to: summary?.inReplyTo ?? null,
    thread_references: summary?.references.join(' ') ?? '',
    thread: summary?.references[0] ?? summary?.inReplyTo ?? mail.messageId,
    others: JSON.stringify(await others(mail, summary, from)),
    signature: letIn?.fingerprint ?? null,
    secret_address: letInBySecretAddress(verdict) ? mail.secretAddress : null,
    subject: summary?.subject ?? '',
    sent_at: summary?.date ?? null,
    verdict: verdict.verdict,
    reason_code: verdict.code,
    reason: verdict.reason,
    evidence: JSON.stringify(inspection.ok ? inspection.evidence : null),
    authentication: letIn?.authentication ?? '',
    state: verdict.verdict === 'accepted' ? 'queued' : verdict.verdict,
    state_reason: verdict.verdict === 'accepted' ? '' : verdict.reason,
    webhook_event: message.webhookEvent ?? null,
  };
}

/** Whether its answer must go by way of the secret address; a quarantined mail gets its answer once it is released. */
function letInBySecretAddress(verdict: FinalVerdict): boolean {
  return verdict.verdict === 'quarantined'
    ? verdict.bySecretAddress
    : verdict.code === 'accepted_by_secret_address';
}

/** The Message-ID, or for a mail without one an id made of its bytes, so that a second copy still folds. */
export async function messageIdOf(inspection: Inspection, raw: Uint8Array): Promise<string> {
  const given =
    inspection.ok && inspection.summary.messageId ? parseMessageId(inspection.summary.messageId) : null;
  if (given) return given;
  return `<${await sha256Hex(raw)}@no-message-id.invalid>`;
}

async function others(
  { verdict, agentBase, isAgent }: JudgedMail,
  summary: MailSummary | null,
  from: FromSender | null,
): Promise<string[]> {
  if (!summary || !from?.ok || (verdict.verdict !== 'accepted' && verdict.verdict !== 'quarantined'))
    return [];
  return await otherPeople(summary, { sender: from.sender, agentBase }, isAgent);
}
