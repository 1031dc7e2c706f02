/** What the API needs of the rest of the system. The composition (`apps/cli`) makes it. */
import type {
  AgentFolders,
  Clock,
  LlmProvider,
  Logger,
  MakeId,
  ModelName,
  RawMailStore,
} from '@tinyfat/core';
import type { Database } from '@tinyfat/database';
import type { Viewer } from '../accounts/contract.ts';
import type { Principal } from './principal.ts';

/** What became of a key that was to be stored; `replaced` has the last four of the one before. */
export type KeyStored = { ok: true; replaced: string | null } | { ok: false; code: string; detail: string };

export interface ApiPorts {
  db: Database;
  folders: AgentFolders;
  rawMail: Pick<RawMailStore, 'stream'>;
  clock: Clock;
  makeId: MakeId;
  /** Of a secure source. */
  randomBytes(count: number): Uint8Array;
  logger: Logger;
  /** Gets what a handler threw in the place of the log; absent where the log is to have it. */
  onFault?(error: unknown): void;
  /** Agents are `name@mailDomain`. */
  mailDomain: string;
  models: readonly ModelName[];
  /** The files that a new agent begins with. */
  firstFiles(agent: {
    name: string;
    address: string;
    owner: string;
    model: string | undefined;
  }): Record<string, string>;
  /** The person whose session the headers carry; null for nobody. */
  viewer(headers: Headers): Promise<Viewer | null>;
  /** Canonical addresses of ADMIN_EMAILS: the scope `admin` of a token counts for these owners only. */
  adminEmails: readonly string[];
  /** What a month may cost an owner without a budget, micro-dollars; null: whatever it costs. */
  ownerBudgetMicroUsd: number | null;
  /** Asked for whoever is no admin. */
  mayCreateAgents(principal: Principal): Promise<boolean>;
  /** Gives a mail in quarantine its turn. */
  releaseMail(mailId: string): Promise<'queued' | 'not_waiting' | 'unknown'>;
  /** Seals a key and stores it in the place of the owner's former one. */
  storeKey(key: { owner: string; provider: LlmProvider; key: string; lastFour: string }): Promise<KeyStored>;
  /** Mails became jobs. */
  onJobs(): void;
  /** Deliveries are due. */
  onDeliveries(): void;
  /** Aborted when the server stops: what streams ends then. */
  stopping: AbortSignal;
}
