/** What the consumer needs, and the job in hand. */
import type {
  AgentFolders,
  BackoffPolicy,
  Clock,
  FolderMeter,
  Logger,
  Mailbox,
  MailTransport,
  MakeId,
  RawMailStore,
  Recorder,
  StepMomInput,
  TurnRunner,
  WakeUp,
  WorkerIdentity,
} from '@tinyfat/core';
import type { Agent, Database, Mail } from '@tinyfat/database';
import type { JobQueue, Lease } from '@tinyfat/jobs';
import type { MailWorkers } from '@tinyfat/mail';
import type { NamedModel } from '@tinyfat/settings';

export interface ConsumerDeps {
  db: Database;
  queue: JobQueue;
  worker: WorkerIdentity;
  /** How long a lease on a row lasts without a renewal. */
  leaseMs: number;
  folders: AgentFolders;
  rawMail: RawMailStore;
  workers: MailWorkers;
  transport: MailTransport;
  runner: TurnRunner;
  clock: Clock;
  makeId: MakeId;
  /** In [0, 1). */
  random: () => number;
  logger: Logger;
  recorder: Recorder;
  mailDomain: string;
  /** Where the pages are; null where it is not known: letters have no link then. */
  publicUrl: string | null;
  models: readonly NamedModel[];
  /** The operator's key pays for agents whose owner has stored none; else the demo model answers. */
  operatorPays: boolean;
  /** What all agents of one owner may cost in a month, micro-dollars, where the owner has no budget; null: no cap. */
  ownerBudgetMicroUsd: number | null;
  /** Alias or id for agents that name none. */
  defaultModel: string;
  jobBackoff: BackoffPolicy;
  deliveryBackoff: BackoffPolicy;
  limits: StepMomInput['limits'];
  /** What an agent's folder may hold, bytes. */
  folderQuotaBytes: number;
  measureFolder: FolderMeter;
  wakeUp: WakeUp;
}

/** One job in hand. */
export interface Work {
  lease: Lease;
  agent: Agent;
  mail: Mail;
  /** Aborted when the lease was lost, or the worker must stop now. */
  signal: AbortSignal;
}

/** An agent's address. */
export function agentAddress(deps: Pick<ConsumerDeps, 'mailDomain'>, agent: Pick<Agent, 'name'>): string {
  return `${agent.name}@${deps.mailDomain}`;
}

/** From of the agent's mail: its address under its display name, or under its name where it has none. */
export function agentMailbox(
  deps: Pick<ConsumerDeps, 'mailDomain'>,
  agent: Pick<Agent, 'name' | 'display_name'>,
): Mailbox {
  return { address: agentAddress(deps, agent), name: agent.display_name || agent.name };
}
