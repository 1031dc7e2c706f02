/** What the API needs of the rest of the system. The composition (`apps/server`) makes it. */
import type {
  AgentFolders,
  Clock,
  Logger,
  MakeId,
  ModelName,
  RawMailStore,
  RetentionDays,
  RetentionReport,
  RunEvents,
  WakeUp,
} from '@tinyfat/core';
import type { Database, NewProviderKey, StoredKey } from '@tinyfat/database';
import type { MailQueue } from '@tinyfat/intake';
import type { MailDomainReport, MailViewer, MailWorkers } from '@tinyfat/mail';
import type { FolderTrees } from '@tinyfat/storage';
import type { TarBounds } from '@tinyfat/storage/tar';
import type { Viewer } from '../accounts/contract.ts';
import type { Semaphore } from '../http/semaphore.ts';
import type { LocalMail } from './local-mail.ts';
import type { Principal } from './principal.ts';

/** How often a stream looks for events and how long it lasts, ms; and how many are open at once. */
export interface StreamBounds {
  pollMs: number;
  mostMs: number;
  open: Semaphore;
}

/** Findings about a server; none has a secret in it. */
export interface HealthReport {
  /** Whether it can take and do work. */
  ready: boolean;
  findings: { check: string; state: 'ok' | 'note' | 'broken'; found: string; mend: string | null }[];
  /** Whether others were asked too. */
  online: boolean;
  /** Where more is seen than here: a sentence. */
  see_also: string;
}

export interface ApiDeps {
  db: Database;
  /** Of a folder that is downloaded whole `readTree` gives all that is in it. */
  folders: AgentFolders & Pick<FolderTrees, 'readTree'>;
  /** What of a folder is downloaded at once: bytes of its files, and entries. */
  archiveBounds: TarBounds;
  rawMail: Pick<RawMailStore, 'stream' | 'put' | 'remove'>;
  /** Takes a stranger's mail apart where it can be ended. */
  mailViewer: MailViewer;
  /** Takes outgoing mails apart, and composes those that an owner changes. */
  composer: Pick<MailWorkers, 'readComposed' | 'compose'>;
  events: RunEvents;
  clock: Clock;
  makeId: MakeId;
  /** Of a secure source. */
  randomBytes(count: number): Uint8Array;
  logger: Logger;
  /** Receives what a handler threw; without it the log does. */
  onFault?(error: unknown): void;
  /** Agents are `name@mailDomain`. */
  mailDomain: string;
  models: readonly ModelName[];
  /** The person whose session the headers carry; null for nobody. */
  viewer(headers: Headers): Promise<Viewer | null>;
  /** Canonical addresses of ADMIN_EMAILS: the scope `admin` of a token counts for these owners only. */
  adminEmails: readonly string[];
  /** The operator's key pays for owners without one of their own; else the demo model answers. */
  operatorPays: boolean;
  /** Monthly cap for owners without a budget of their own, in micro-dollars; null = none. */
  ownerBudgetMicroUsd: number | null;
  /** What an agent's folder may hold, bytes. */
  folderQuotaBytes: number;
  /** What is removed after a time: how long each kind is kept, what a run would remove now, and a run. */
  retention: { days: RetentionDays; preview(): Promise<RetentionReport>; run(): Promise<RetentionReport> };
  /** Whether a principal who is no admin may create agents. */
  mayCreateAgents(principal: Principal): Promise<boolean>;
  mails: Pick<MailQueue, 'releaseMail' | 'runAgain' | 'enqueueNote'>;
  /** Looks the mail domain up as the world sees it; null where it is that of this machine alone. */
  mailDomainLook: (() => Promise<MailDomainReport>) | null;
  /** Null where mail leaves this machine, or there is none. */
  localMail: LocalMail | null;
  /** Seals the key of an owner and stores it. Who does it has the master keys, which the API need not have. */
  storeKey(key: NewProviderKey): Promise<StoredKey>;
  wakeUp: WakeUp;
  /** The way of mail to the outside, and what keeps it from going; null where nothing is known. */
  mailOut: {
    provider: 'resend' | 'postmark' | 'smtp' | 'maildir';
    host: string | null;
    problem(): string | null;
  };
  /** Whose webhooks are taken. */
  takesWebhooks: Readonly<Record<'resend' | 'postmark', boolean>>;
  /**
   * What the process finds when it looks at itself: cheap, and safe beside its work. With `online` it asks others too, where it
   * can: name servers, the relay or provider, the model.
   */
  health(online: boolean): Promise<HealthReport>;
  /** Aborted when the server stops; event streams end then. */
  stopping: AbortSignal;
  /** Bounds of event streams; absent: those of a process that keeps the API for as long as it lives. */
  streams?: StreamBounds;
}
