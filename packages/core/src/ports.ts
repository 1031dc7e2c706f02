/**
 * What the rules need of the world. Every implementation of a port passes the suite of the same name in
 * `packages/contracts`. Nothing here knows Node or Cloudflare.
 */

/** The one clock: milliseconds since the Unix epoch. */
export type Clock = () => number;

/** The one id maker: a fresh UUIDv7, lower case with hyphens (RFC 9562 section 5.7). */
export type MakeId = () => string;

/** What every part gets of the process that it runs in. */
export interface Runtime {
  clock: Clock;
  makeId: MakeId;
  /** In [0, 1); for the jitter of retries, never for secrets. */
  random(): number;
  logger: Logger;
}

/** The kinds of rows that a worker sleeps for. */
export type WakeTopic = 'jobs' | 'deliveries' | 'reports' | 'webhook_events' | 'sign_in_mails';

/** Says that rows of a kind are due. Rows are the truth: a wake-up that is lost, doubled or too early does no harm. */
export interface WakeUp {
  wake(topic: WakeTopic): void;
}

/** One structured log line. Fields never hold a key, a token or the text of a mail. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/**
 * What a server tells of its work, one record at the end of each step: a log line and the counters are made of it.
 * `trace` is the id of the inbound mail, the same in all that it led to. No record holds an address or a text.
 */
export interface Recorder {
  mail(record: MailRecord): void;
  run(record: RunRecord): void;
  delivery(record: DeliveryRecord): void;
}

/** A mail that got its verdict at the door. */
export interface MailRecord {
  trace: string;
  agent: string;
  /** The way in, as the mail's row has it. */
  via: string;
  verdict: string;
  code: string;
}

/** A turn or a command that came to its end, over all its attempts. Times in ms. */
export interface RunRecord {
  trace: string;
  run: string;
  agent: string;
  kind: 'turn' | 'command';
  status: 'done' | 'failed';
  code: string | null;
  attempt: number;
  /** Null where no model was asked. */
  model: string | null;
  usage: TokenUsage;
  costUsd: number;
  /** From the arrival of the mail to the start of the run. */
  waitedMs: number;
  durationMs: number;
}

/** One try to hand a mail to the provider, with the state that it led to. */
export interface DeliveryRecord {
  trace: string;
  run: string;
  delivery: string;
  kind: string;
  state: string;
  attempt: number;
  provider: string;
  /** The agent's name. */
  agent: string;
  /** A code of core's list; null where the mail was sent. */
  code: string | null;
  /** Why it was not sent, as the provider or the relay said it, without addresses; null where it was. */
  reason: string | null;
  /** Epoch ms; null where it is not tried again by itself. */
  nextAttemptAt: number | null;
  durationMs: number;
}

/** What went wrong when a file that an agent wrote was opened; `detail` is a sentence for the owner. */
export type ReadRefusal = {
  ok: false;
  reason: 'missing' | 'not_a_file' | 'bad_path' | 'too_large' | 'hard_linked';
  detail: string;
};
export type ReadOutcome = { ok: true; bytes: Uint8Array } | ReadRefusal;

/** So many bytes, read as they are wanted. Whoever got the stream reads it to its end or cancels it: it is an open file. */
export interface ByteStream {
  size: number;
  stream: ReadableStream<Uint8Array>;
}
export type StreamOutcome = ({ ok: true } & ByteStream) | ReadRefusal;

/** One entry of an agent's folder; sizes in bytes, times in epoch ms. */
export interface FolderEntry {
  name: string;
  kind: 'file' | 'folder' | 'other';
  size: number;
  modifiedAt: number;
  /** A file that its owner may run as a program. */
  executable: boolean;
}

/**
 * An agent's folder (DESIGN section 5). Everything in it was possibly written by the agent, so no method
 * follows a link, and every path is relative, `/`-separated, without `.`, `..` or empty parts.
 */
export interface AgentFolders {
  /** Makes the folder with its sub-folders and the given first files; leaves existing files alone. */
  create(agentId: string, files: Record<string, string>): Promise<void>;
  /** Removes the folder for good. */
  remove(agentId: string): Promise<void>;
  /**
   * Entries of a sub-folder sorted by name, at most `limit`; a missing folder is empty. Of a folder with more than 20,000
   * entries any 20,000 are looked at. A name that is not UTF-8 stands with U+FFFD in it, as kind `other`.
   */
  list(agentId: string, folder: string, limit: number): Promise<FolderEntry[]>;
  /** Reads a regular file of at most `maxBytes`. */
  read(agentId: string, path: string, maxBytes: number): Promise<ReadOutcome>;
  /** The same, a piece at a time. */
  stream(agentId: string, path: string, maxBytes: number): Promise<StreamOutcome>;
  /** Bytes of a regular file that grows: from `offset` on, at most `maxBytes`; none past its end. */
  readFrom(agentId: string, path: string, offset: number, maxBytes: number): Promise<ReadOutcome>;
  /**
   * Replaces a file atomically and durably; makes the folders above it. A folder in its place is moved aside, to the same
   * name with `.in-the-way-` and an id behind it. `executable`: it may be run as a program; false when absent.
   */
  write(
    agentId: string,
    path: string,
    bytes: Uint8Array | string,
    mode?: { executable: boolean },
  ): Promise<void>;
  /**
   * Renames inside the folder; a destination that exists is replaced, but for a folder with something in it; a link is
   * moved, not followed. Rejects with the `code` ENOENT where there is nothing to move.
   */
  move(agentId: string, from: string, to: string): Promise<void>;
  /**
   * Takes the content of a folder away by one rename, however much it is: renames `folder` to `to`, makes it anew, and
   * moves the entries of these names back. Where `to` exists already, a call before was cut off and is gone on with.
   */
  setAside(agentId: string, folder: string, to: string, names: Iterable<string>): Promise<void>;
  /** Removes one file (or link); a missing one is no error. */
  unlink(agentId: string, path: string): Promise<void>;
  /**
   * Removes a folder with all that is in it, or a file or link of that name; a missing one is no error. False when it
   * is too deep or too full to be removed whole; what was removed by then is gone.
   */
  removeFolder(agentId: string, path: string): Promise<boolean>;
}

/** Raw messages, in and out. Durable (fsync) before `put` resolves. Keys are opaque, safe file names. */
export interface RawMailStore {
  put(key: string, raw: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array>;
  /** The same bytes, a piece at a time. */
  stream(key: string): Promise<ByteStream>;
  /** Takes bytes away that no row names; a missing one is no error. */
  remove(key: string): Promise<void>;
  /**
   * Removes what a crash left behind, a few messages at a time; ends early, without an error, when `signal` is aborted.
   * Resolves to how many messages were looked at, and how many of them no row names.
   */
  sweep(rule: RawMailSweep, signal: AbortSignal): Promise<{ seen: number; unnamed: number }>;
}

/** What of the raw mail store is left over. Times are epoch ms. */
export interface RawMailSweep {
  /** An unfinished `put` is removed that nothing was written to since. */
  unfinishedBefore: number;
  /** A message is removed that was put before, if no row names it; later ones may be about to get their row. */
  unnamedBefore: number;
  /** With more messages that no row names, none of them is removed: the database is not the one that they belong to. */
  mostUnnamed: number;
  /** Those of some keys that a row names; also asked about each message right before it is removed. */
  named(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Told of each message that was removed, and of how many bytes. */
  onRemoved(removed: { key: string; kind: 'unfinished' | 'unnamed'; bytes: number }): void;
}

/** Limits of one run. Times in ms, sizes in bytes. */
export interface SandboxLimits {
  /** Wall clock; at the end everything in the sandbox is killed. */
  deadlineMs: number;
  memoryBytes: number;
  /** Processes and threads at once. */
  processes: number;
  /** CPU time of one process, seconds. */
  cpuSeconds: number;
  /** Cores that the whole run may use (enforced where a cgroup can be made). */
  cpus: number;
  /** Largest file the run may write. */
  fileBytes: number;
  openFiles: number;
  /** Size of /tmp. */
  temporaryBytes: number;
  /** stdout + stderr together; more ends the run. */
  outputBytes: number;
}

/** One run: which folders are seen inside, and what is started. Paths are the host's. */
export interface SandboxRequest {
  /** Names the run in cgroups and logs; [a-z0-9-] only. */
  runId: string;
  /** The agent's folder, bound read-write at /data. */
  dataFolder: string;
  /** Bound read-only at /inbox. */
  inboxFolder: string;
  /** Read-only folders of the platform: destination inside → host folder (for example /opt/step-mom). */
  platformFolders: Record<string, string>;
  /** A folder bound read-write besides /data; only the start-up probe uses it (compile cache). */
  writableFolders?: Record<string, string>;
  /** Host path of the gateway's unix socket, seen as /run/gateway.sock; absent = no way out at all. */
  gatewaySocket?: string;
  /** Program and arguments inside; 'node' as the first word is the host's own Node. */
  command: string[];
  /** The whole environment inside, besides PATH, HOME, TMPDIR and LANG. */
  environment: Record<string, string>;
  limits: SandboxLimits;
  /** Called with each chunk of stdout as it comes. */
  onStdout?: (chunk: Uint8Array) => void;
}

/** Why the host ended a run; null when the program ended by itself. */
export type SandboxStop = 'deadline' | 'output' | 'memory' | 'processes' | 'cpu' | 'cancelled' | null;

/** How a run ended. `stdout` and `stderr` are cut at the output limit; nothing is left alive by then. */
export interface SandboxResult {
  exitCode: number | null;
  signal: string | null;
  stopped: SandboxStop;
  stdout: string;
  stderr: string;
  durationMs: number;
  /** Highest memory use seen, bytes; null where it could not be measured. */
  peakMemoryBytes: number | null;
}

export interface RunningSandbox {
  /** Resolves once every process of the run is gone. Never rejects for what happens inside. */
  finished: Promise<SandboxResult>;
  /** Kills everything inside at once; `finished` then says `cancelled`. */
  cancel(): void;
}

export type SandboxProbe = { ok: true; detail: string } | { ok: false; reason: string; fix: string };

export interface Sandbox {
  /** Runs a real sandbox once. A server must not start unless this is ok. */
  probe(): Promise<SandboxProbe>;
  start(request: SandboxRequest): RunningSandbox;
}

/** SMTP's envelope (RFC 5321 section 2.3.1). An empty `sender` is the null reverse-path `<>`. */
export interface Envelope {
  sender: string;
  recipients: string[];
}

/** A recipient that was refused in the session, with the server's reply. */
export interface RefusedRecipient {
  address: string;
  reason: string;
}

/** A permanent refusal that is about this server's account and not about the mail; codes of the list. */
export type AccountRefusal = 'provider_unauthorized' | 'provider_sender_refused';

/** Why an SMTP relay takes no mail at all, whatever the message is. */
export type RelayFault =
  | 'relay_name_unknown'
  | 'relay_refused'
  | 'relay_timeout'
  | 'relay_unreachable'
  | 'relay_tls_failed'
  | 'relay_starttls_missing'
  | 'relay_certificate_untrusted'
  | 'relay_certificate_name'
  | 'relay_certificate_dates'
  | 'relay_login_refused'
  | 'relay_login_missing'
  | 'relay_login_needed'
  | 'relay_not_ready';

/** What a provider said to one message. `retryAfterMs` is the shortest wait that it asked for. */
export type SendOutcome =
  /** Accepted; `providerId` is the provider's own name for it. */
  | { state: 'sent'; providerId: string | null; recipientsRefused: RefusedRecipient[] }
  /**
   * Surely not accepted, and worth another try. `parked`: the account may not send at present (its quota is used
   * up, it waits for approval), which has nothing to do with this mail and can take days. `code`: nothing goes out
   * this way, for a reason that is known.
   */
  | { state: 'temporary'; reason: string; code?: RelayFault; retryAfterMs?: number; parked?: true }
  /** Surely not accepted, and no retry will change that; `recipientsRefused` where that is about recipients. */
  | { state: 'permanent'; reason: string; code?: AccountRefusal; recipientsRefused?: RefusedRecipient[] }
  /**
   * No answer came, or none that says whether the message was taken. `final`: another try would not tell either,
   * also where the provider folds repeats.
   */
  | { state: 'unknown'; reason: string; retryAfterMs?: number; final?: true };

export interface MailTransport {
  /** Shown in delivery rows, for example `maildir`, `smtp`. */
  readonly name: string;
  /** True when sending twice with the same idempotency key gives one mail. */
  readonly idempotent: boolean;
  /** How long it remembers a key, ms; absent where for ever. */
  readonly remembersMs?: number;
  /** Sends the exact bytes. Never rejects for what the provider says. */
  send(envelope: Envelope, raw: Uint8Array, idempotencyKey: string): Promise<SendOutcome>;
  close(): Promise<void>;
}

/** Tokens as the Messages API counts them. */
export interface TokenUsage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}
