/**
 * The way in, the same for every transport: inspect, judge for each recipient, store the raw bytes, write the
 * rows. Only then may the transport say yes (invariant 1). A temporary trouble leaves nothing behind: the
 * sender's server will come again.
 */
import {
  type AllowEntry,
  admit,
  agentRecipient,
  type ClientConnection,
  type Clock,
  fromSender,
  type Inspection,
  type MakeId,
  parseMessageId,
  type RawMailStore,
  type SmtpReply,
  sha256Hex,
  smtpReply,
  type Verdict,
} from '@tinyfat/core';
import type { NewMail } from '@tinyfat/database';
import type { Arrival, JobQueue } from './contract.ts';

/** One message as a transport took it. */
export interface ReceivedMessage {
  /** The way in: `smtp`. */
  via: string;
  client: ClientConnection;
  /** Empty for the null reverse-path. */
  envelopeSender: string;
  envelopeRecipients: readonly string[];
  raw: Uint8Array;
}

export interface DoorPorts {
  clock: Clock;
  makeId: MakeId;
  mailDomain: string;
  inspect(raw: Uint8Array, client: ClientConnection, envelopeSender: string): Promise<Inspection>;
  rawMail: RawMailStore;
  queue: JobQueue;
  findAgent(name: string): Promise<{ id: string; name: string } | undefined>;
  allowList(agentId: string): Promise<AllowEntry[]>;
  /** Called after the rows are durable, for the log and to wake the worker. */
  onArrivals(arrivals: readonly JudgedArrival[]): void;
}

/** Of a mail that nobody took: enough to see why, too little to fill a disk with. */
const REFUSED_BYTES_KEPT = 64 * 1024;

/** A verdict that ends in a row. */
type FinalVerdict = Exclude<Verdict, { verdict: 'temporary' }>;

/** What one recipient's copy became. */
export interface JudgedArrival extends Arrival {
  agentId: string;
  agentName: string;
  verdict: FinalVerdict['verdict'];
  code: string;
}

/** Takes one message to its rows and gives the answer for the transport. Rejects only when storage fails. */
export async function receive(ports: DoorPorts, message: ReceivedMessage): Promise<SmtpReply> {
  const agents = await recipientAgents(ports, message.envelopeRecipients);
  if (agents.size === 0) return smtpReply('unknown_recipient');
  const inspection = await ports.inspect(message.raw, message.client, message.envelopeSender);
  const own = new Map<string, boolean>();
  if (inspection.ok) {
    const from = fromSender(inspection.summary);
    if (from.ok) own.set(from.sender.base, await isAgentAddress(ports, from.sender.base));
  }

  const judged: { agentId: string; agentName: string; recipient: string; verdict: FinalVerdict }[] = [];
  for (const { agent, recipient } of agents.values()) {
    const verdict = admit({
      inspection,
      envelopeSender: message.envelopeSender,
      agent: { name: agent.name, address: `${agent.name}@${ports.mailDomain}` },
      allowList: await ports.allowList(agent.id),
      isOwnAddress: (base) => own.get(base) ?? false,
    });
    if (verdict.verdict === 'temporary') return verdict.smtp;
    judged.push({ agentId: agent.id, agentName: agent.name, recipient, verdict });
  }

  const rawKey = ports.makeId();
  const refused = judged.every((one) => one.verdict.verdict === 'refused');
  await ports.rawMail.put(rawKey, refused ? message.raw.subarray(0, REFUSED_BYTES_KEPT) : message.raw);
  const messageId = await identify(inspection, message.raw);
  const rows = judged.map(({ agentId, recipient, verdict }) =>
    mailRow(ports, message, { agentId, recipient, verdict, inspection, rawKey, messageId }),
  );
  const arrivals = await ports.queue.enqueue(rows);
  ports.onArrivals(
    arrivals.flatMap((arrival, index) => {
      const one = judged[index];
      if (!one) return [];
      const { agentId, agentName, verdict } = one;
      return [{ ...arrival, agentId, agentName, verdict: verdict.verdict, code: verdict.code }];
    }),
  );
  // One answer for all recipients: who was let in somewhere is not refused in general; the rows tell the rest.
  const taken = judged.find((one) => one.verdict.verdict !== 'refused') ?? judged[0];
  return taken ? taken.verdict.smtp : smtpReply('unknown_recipient');
}

/** Judges one RCPT TO: null when an agent of that address exists. */
export async function recipientRefusal(
  ports: Pick<DoorPorts, 'mailDomain' | 'findAgent'>,
  address: string,
): Promise<SmtpReply | null> {
  const recipient = agentRecipient(address, ports.mailDomain);
  if (!recipient.ok) return smtpReply(recipient.code);
  return (await ports.findAgent(recipient.agent)) ? null : smtpReply('unknown_recipient');
}

async function recipientAgents(ports: DoorPorts, recipients: readonly string[]) {
  const agents = new Map<string, { agent: { id: string; name: string }; recipient: string }>();
  for (const recipient of recipients) {
    const resolved = agentRecipient(recipient, ports.mailDomain);
    const agent = resolved.ok ? await ports.findAgent(resolved.agent) : undefined;
    if (agent && !agents.has(agent.id)) agents.set(agent.id, { agent, recipient });
  }
  return agents;
}

async function isAgentAddress(ports: DoorPorts, base: string): Promise<boolean> {
  const resolved = agentRecipient(base, ports.mailDomain);
  return resolved.ok && (await ports.findAgent(resolved.agent)) !== undefined;
}

/** The Message-ID, or for a mail without one an id made of its bytes, so that a second copy still folds. */
async function identify(inspection: Inspection, raw: Uint8Array): Promise<string> {
  const given =
    inspection.ok && inspection.summary.messageId ? parseMessageId(inspection.summary.messageId) : null;
  if (given) return given;
  return `<${await sha256Hex(raw)}@no-message-id.invalid>`;
}

function mailRow(
  ports: DoorPorts,
  message: ReceivedMessage,
  judged: {
    agentId: string;
    recipient: string;
    verdict: FinalVerdict;
    inspection: Inspection;
    rawKey: string;
    messageId: string;
  },
): NewMail {
  const { verdict, inspection } = judged;
  const summary = inspection.ok ? inspection.summary : null;
  const from = summary ? fromSender(summary) : null;
  return {
    id: ports.makeId(),
    agent_id: judged.agentId,
    received_at: ports.clock(),
    via: message.via,
    client_address: message.client.address,
    envelope_sender: message.envelopeSender,
    envelope_recipient: judged.recipient,
    raw_key: judged.rawKey,
    raw_bytes: message.raw.length,
    sender: from?.ok ? from.sender.address : null,
    sender_name: from?.ok ? from.name : '',
    message_id: judged.messageId,
    in_reply_to: summary?.inReplyTo ?? null,
    thread_references: summary?.references.join(' ') ?? '',
    subject: summary?.subject ?? '',
    sent_at: summary?.date ?? null,
    verdict: verdict.verdict,
    reason_code: verdict.code,
    reason: verdict.reason,
    evidence: JSON.stringify(inspection.ok ? inspection.evidence : null),
    authentication: verdict.verdict === 'accepted' ? verdict.authentication : '',
    state: verdict.verdict === 'accepted' ? 'queued' : verdict.verdict,
    state_reason: verdict.verdict === 'accepted' ? '' : verdict.reason,
  };
}
