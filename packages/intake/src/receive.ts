/**
 * Intake, the same for every transport: inspect, judge for each recipient, store the raw bytes, write the rows. Only then
 * may the transport accept the message (invariant 1). Temporary trouble writes nothing: the sending server tries again.
 */
import {
  admit,
  agentRecipient,
  type ClientConnection,
  type Clock,
  canonicalAddress,
  fromSender,
  type Inspection,
  type Logger,
  type MailReport,
  type MakeId,
  QUARANTINE_LIMIT,
  type RawMailStore,
  type Recorder,
  SIZE_LIMITS,
  type SmtpReply,
  secretTokenHash,
  smtpReply,
  type TemporaryCode,
  type Verdict,
  type WakeUp,
} from '@tinyfat/core';
import { allowList, type Database, findAgent, findSecretAddress, type NewMail } from '@tinyfat/database';
import { writeEffects } from './arrival-effects.ts';
import { type Arrival, MailboxFull, type ReceivedMessage } from './contract.ts';
import type { MailQueue } from './enqueue.ts';
import { type FinalVerdict, mailRow, messageIdOf } from './mail-row.ts';

export interface IntakeDeps {
  db: Database;
  mails: Pick<MailQueue, 'enqueue'>;
  rawMail: RawMailStore;
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  recorder: Pick<Recorder, 'mail'>;
  wakeUp: WakeUp;
  mailDomain: string;
  /** How large a message may be, for the end of a sentence; absent: `SIZE_LIMITS`. */
  sizeLimits?: string;
  inspect(raw: Uint8Array, client: ClientConnection, envelopeSender: string): Promise<Inspection>;
  /** Parses a delivery status notification or feedback report; null for any other mail. */
  readReport(raw: Uint8Array): Promise<MailReport | null>;
}

/** Stored bytes of a mail that will never have a turn: enough to see what it is, too few to fill a disk. */
const UNWANTED_BYTES = 64 * 1024;

interface JudgedArrival extends Arrival {
  agentName: string;
  via: string;
  /** The mail reported on a delivery of the agent. */
  report: boolean;
}

/** A recipient that is an agent of ours. */
interface Addressee {
  agent: { id: string; name: string };
  recipient: string;
  secretAddress: string | null;
}

interface Judged {
  addressee: Addressee;
  verdict: FinalVerdict;
}

/** Receives one message; gives the answer for the transport. Rejects only when storage fails. */
export async function receive(deps: IntakeDeps, message: ReceivedMessage): Promise<SmtpReply> {
  const addressees = await agentsOf(deps, message.envelopeRecipients);
  if (addressees.length === 0) return smtpReply('unknown_recipient');
  const inspection = await inspectMessage(deps, message);
  const isAgent = agentLookup(deps);
  const judged: Judged[] = [];
  for (const addressee of addressees) {
    const verdict = await judge(deps, message, { inspection, addressee, isAgent });
    if (verdict.verdict === 'temporary') return defer(deps, message, verdict);
    judged.push({ addressee, verdict });
  }
  const arrivals = await write(deps, message, { inspection, judged, isAgent });
  if (arrivals === 'full') {
    const reason = `${QUARANTINE_LIMIT} mails wait for the owner of an agent that this one is for.`;
    return defer(deps, message, { code: 'mailbox_full', reason });
  }
  recordArrivals(deps, arrivals);
  // One answer for all recipients: a message that one of them takes is not refused; the rows have each verdict.
  const taken = judged.find((one) => one.verdict.verdict !== 'refused') ?? judged[0];
  return taken ? taken.verdict.smtp : smtpReply('unknown_recipient');
}

/** Without a lock: whoever is put on the list, or taken off it, at that moment counts so for the next mail. */
async function judge(
  deps: IntakeDeps,
  message: ReceivedMessage,
  { inspection, addressee, isAgent }: { inspection: Inspection; addressee: Addressee; isAgent: IsAgent },
): Promise<Verdict> {
  const from = inspection.ok ? fromSender(inspection.summary) : null;
  const fromAgent = from?.ok === true && (await isAgent(from.sender.base));
  return admit({
    inspection,
    envelopeSender: message.envelopeGuessed ? null : message.envelopeSender,
    agent: { name: addressee.agent.name, address: agentAddress(deps, addressee) },
    viaSecretAddress: addressee.secretAddress !== null,
    now: deps.clock(),
    allowList: await allowList(deps.db, addressee.agent.id),
    isOwnAddress: () => fromAgent,
  });
}

/** Raw bytes first, then all rows with their effects in one transaction; `full` wrote nothing. */
async function write(
  deps: IntakeDeps,
  message: ReceivedMessage,
  { inspection, judged, isAgent }: { inspection: Inspection; judged: readonly Judged[]; isAgent: IsAgent },
): Promise<JudgedArrival[] | 'full'> {
  const rawKey = deps.makeId();
  const beginning = message.raw.subarray(0, UNWANTED_BYTES);
  const wanted = judged.some(
    ({ verdict }) => verdict.verdict === 'accepted' || verdict.verdict === 'quarantined',
  );
  const report = await reportOf(deps, message, judged);
  const messageId = await messageIdOf(inspection, message.raw);
  const rows: NewMail[] = [];
  for (const { addressee, verdict } of judged) {
    const { agent, recipient, secretAddress } = addressee;
    const row = await mailRow({
      id: deps.makeId(),
      receivedAt: deps.clock(),
      agentId: agent.id,
      agentBase: agentBase(deps, addressee),
      recipient,
      secretAddress,
      ...{ message, inspection, verdict, rawKey, messageId, isAgent },
    });
    rows.push(row);
  }
  await deps.rawMail.put(rawKey, wanted ? message.raw : beginning);
  const reported = new Set<string>();
  const effects = async (tx: Database, written: readonly Arrival[]) => {
    reported.clear();
    for (const [index, arrival] of written.entries()) {
      const row = rows[index];
      if (!row) continue;
      const about = await writeEffects(tx, arrival, {
        agentId: row.agent_id,
        sender: row.sender ?? null,
        secretAddress: row.secret_address ?? null,
        report,
        now: deps.clock(),
      });
      if (about) reported.add(arrival.mailId);
    }
  };
  let arrivals: Arrival[];
  try {
    arrivals = await deps.mails.enqueue(rows, effects);
  } catch (error) {
    if (!(error instanceof MailboxFull)) throw error;
    await deps.rawMail.remove(rawKey);
    return 'full';
  }
  // A copy of a large mail, which can be sent again and again, must not fill the disk.
  const hasTurn = arrivals.some(({ verdict }) => ['accepted', 'quarantined', 'over_limit'].includes(verdict));
  if (!hasTurn && message.raw.length > beginning.length) await deps.rawMail.put(rawKey, beginning);
  return arrivals.flatMap((arrival, index) => {
    const agent = judged[index]?.addressee.agent;
    if (!agent) return [];
    return [{ ...arrival, agentName: agent.name, via: message.via, report: reported.has(arrival.mailId) }];
  });
}

/** Records the arrivals and wakes the workers, once the rows are durable. */
function recordArrivals({ recorder, wakeUp }: IntakeDeps, arrivals: readonly JudgedArrival[]): void {
  for (const { mailId, agentName, via, verdict, code } of arrivals) {
    recorder.mail({ trace: mailId, agent: agentName, via, verdict, code });
  }
  if (arrivals.some((arrival) => arrival.queued)) wakeUp.wake('jobs');
  if (arrivals.some((arrival) => arrival.report)) wakeUp.wake('reports');
}

/** A temporary refusal without a row: the sending server tries again. */
function defer(
  deps: IntakeDeps,
  message: ReceivedMessage,
  { code, reason }: { code: TemporaryCode; reason: string },
): SmtpReply {
  deps.logger.warn('mail_deferred', { code, reason, client: message.client.address });
  return smtpReply(code);
}

/** Judges one RCPT TO: null when an agent of that address exists. */
export async function recipientRefusal(
  deps: Pick<IntakeDeps, 'mailDomain' | 'db'>,
  address: string,
): Promise<SmtpReply | null> {
  const recipient = agentRecipient(address, deps.mailDomain);
  if (!recipient.ok) return smtpReply(recipient.code);
  return (await findAgent(deps.db, recipient.agent)) ? null : smtpReply('unknown_recipient');
}

/** Each agent once, in the order of the envelope, with its secret address where one of the recipients is one. */
async function agentsOf(deps: IntakeDeps, recipients: readonly string[]): Promise<Addressee[]> {
  const agents = new Map<string, Addressee>();
  for (const recipient of recipients) {
    const resolved = agentRecipient(recipient, deps.mailDomain);
    const agent = resolved.ok ? await findAgent(deps.db, resolved.agent) : undefined;
    if (!resolved.ok || !agent) continue;
    const secret =
      resolved.tag === null
        ? undefined
        : await findSecretAddress(deps.db, agent.id, await secretTokenHash(resolved.tag));
    const known = agents.get(agent.id);
    if (known && (known.secretAddress !== null || !secret)) continue;
    agents.set(agent.id, { agent, recipient, secretAddress: secret?.id ?? null });
  }
  return [...agents.values()];
}

async function inspectMessage(deps: IntakeDeps, message: ReceivedMessage): Promise<Inspection> {
  if (message.oversizeBytes === undefined) {
    return await deps.inspect(message.raw, message.client, message.envelopeSender);
  }
  const { sizeLimits = SIZE_LIMITS } = deps;
  const reason = `The message has ${message.oversizeBytes} bytes or more: ${sizeLimits}.`;
  return { ok: false, code: 'too_large', reason };
}

/** Reports are read in automatic mail only: a report that a person attached reports nothing. */
async function reportOf(
  deps: IntakeDeps,
  message: ReceivedMessage,
  judged: readonly Judged[],
): Promise<MailReport | null> {
  const automatic = judged.some((one) => one.verdict.code === 'automatic_mail');
  return automatic ? await deps.readReport(message.raw) : null;
}

type IsAgent = (base: string) => Promise<boolean>;

/** Whether a canonical address without tag is an agent's; each is looked up once. */
function agentLookup(deps: IntakeDeps): IsAgent {
  const known = new Map<string, boolean>();
  return async (base) => {
    const before = known.get(base);
    if (before !== undefined) return before;
    const resolved = agentRecipient(base, deps.mailDomain);
    const is = resolved.ok && (await findAgent(deps.db, resolved.agent)) !== undefined;
    known.set(base, is);
    return is;
  };
}

function agentAddress(deps: IntakeDeps, { agent }: Addressee): string {
  return `${agent.name}@${deps.mailDomain}`;
}

function agentBase(deps: IntakeDeps, addressee: Addressee): string {
  const address = canonicalAddress(agentAddress(deps, addressee));
  return address.ok ? address.base : agentAddress(deps, addressee);
}
