/** The row of one message for one agent. */
import {
  type CanonicalAddress,
  canonicalAddress,
  fromSender,
  type Inspection,
  type MailSummary,
  parseMessageId,
  sha256Hex,
  type Verdict,
} from '@tinyfat/core';
import type { NewMail } from '@tinyfat/database';
import type { ReceivedMessage } from './contract.ts';

/** More people than this is an announcement, not a conversation: the answer goes to its sender alone. */
const MOST_PEOPLE = 30;

/** A verdict that ends in a row. */
export type FinalVerdict = Exclude<Verdict, { verdict: 'temporary' }>;

/** Everything that the row is made of. */
interface JudgedMail {
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

/** The row with the verdict of intake. */
export async function mailRow(mail: JudgedMail): Promise<NewMail> {
  const { verdict, inspection, message } = mail;
  const summary = inspection.ok ? inspection.summary : null;
  const from = summary ? fromSender(summary) : null;
  const admitted = verdict.verdict === 'accepted' || verdict.verdict === 'quarantined' ? verdict : null;
  const others =
    admitted && summary && from?.ok
      ? await otherPeople(summary, { sender: from.sender, agentBase: mail.agentBase }, mail.isAgent)
      : [];
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
    others: JSON.stringify(others),
    signature: admitted?.fingerprint ?? null,
    secret_address: isBySecretAddress(verdict) ? mail.secretAddress : null,
    subject: summary?.subject ?? '',
    sent_at: summary?.date ?? null,
    verdict: verdict.verdict,
    reason_code: verdict.code,
    reason: verdict.reason,
    evidence: JSON.stringify(inspection.ok ? inspection.evidence : null),
    authentication: admitted?.authentication ?? '',
    state: verdict.verdict === 'accepted' ? 'queued' : verdict.verdict,
    state_reason: verdict.verdict === 'accepted' ? '' : verdict.reason,
    webhook_event: message.webhookEvent ?? null,
  };
}

/** Whether the answer must go by way of the secret address; a quarantined mail gets its answer once it is released. */
function isBySecretAddress(verdict: FinalVerdict): boolean {
  return verdict.verdict === 'quarantined'
    ? verdict.bySecretAddress
    : verdict.code === 'accepted_by_secret_address';
}

/** The Message-ID, or for a mail without one an id made of its bytes, by which a copy is still known. */
export async function messageIdOf(inspection: Inspection, raw: Uint8Array): Promise<string> {
  const given =
    inspection.ok && inspection.summary.messageId ? parseMessageId(inspection.summary.messageId) : null;
  if (given) return given;
  return `<${await sha256Hex(raw)}@no-message-id.invalid>`;
}

/**
 * The other people of a mail: canonical addresses of To and Cc, each once, without the sender and our agents. Empty where
 * the answer must go to the sender alone: the agent itself is not named (it was a
 * Bcc, and would show itself), there are too many people, or an address is not canonical.
 */
export async function otherPeople(
  summary: MailSummary,
  { sender, agentBase }: { sender: CanonicalAddress; agentBase: string },
  isAgent: (base: string) => Promise<boolean>,
): Promise<string[]> {
  const named = [...summary.to, ...summary.cc];
  if (named.length > MOST_PEOPLE + 2) return [];
  const others = new Set<string>();
  let agentNamed = false;
  for (const mailbox of named) {
    const person = canonicalAddress(mailbox.address);
    if (!person.ok) return [];
    if (person.base === agentBase) agentNamed = true;
    else if (person.base !== sender.base && !(await isAgent(person.base))) others.add(person.address);
  }
  return agentNamed && others.size <= MOST_PEOPLE ? [...others] : [];
}
