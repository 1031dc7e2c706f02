/**
 * The tables, as Kysely sees them. Portable between SQLite and Postgres: ids are text (UUIDv7), times are
 * epoch milliseconds, JSON is text, truth values are 0 and 1.
 */
import type { BudgetScope, LimitCode, WebhookProvider } from '@tinyfat/core';
import type { Generated, Insertable, Selectable } from 'kysely';

export interface Schema {
  agents: AgentsTable;
  allowed_senders: AllowedSendersTable;
  mails: MailsTable;
  jobs: JobsTable;
  runs: RunsTable;
  deliveries: DeliveriesTable;
  current_sessions: CurrentSessionsTable;
  secret_addresses: SecretAddressesTable;
  suppressed_recipients: SuppressedRecipientsTable;
  provider_keys: ProviderKeysTable;
  budgets: BudgetsTable;
  webhook_events: WebhookEventsTable;
  provider_cursors: ProviderCursorsTable;
  api_tokens: ApiTokensTable;
  account_users: AccountUsersTable;
  account_sessions: AccountSessionsTable;
  sign_in_requests: SignInRequestsTable;
  sign_in_attempts: SignInAttemptsTable;
  limit_notices: LimitNoticesTable;
}

export interface AgentsTable {
  id: string;
  /** Local part of the address, canonical; unique among agents that are not deleted. */
  name: string;
  /** Canonical address; on the allow-list from the start. */
  owner: string;
  /** What its turns may reach over the network, as core's `parseEgress` reads it. */
  egress: Generated<string>;
  /** Stands before the address in From of what it sends; empty: its name does. */
  display_name: Generated<string>;
  created_at: number;
  deleted_at: number | null;
}

export interface AllowedSendersTable {
  agent_id: string;
  /** Canonical entry: `a@b`, `@b` or `@*.b`. */
  entry: string;
  created_at: number;
}

/** What admission decided; `quarantined` and `over_limit` wait for the owner. */
export type MailVerdict = 'accepted' | 'refused' | 'duplicate' | 'automatic' | 'quarantined' | 'over_limit';
/**
 * Where the mail is now; it ends in exactly one state (invariant 3). `quarantined` or `over_limit`: it had no turn, and
 * waits for the owner to release or discard it. `awaiting_approval`: it had its turn, and its answer waits for the owner.
 */
export type MailState =
  | 'queued'
  | 'replied'
  | 'command'
  | 'refused'
  | 'duplicate'
  | 'automatic'
  | 'quarantined'
  | 'over_limit'
  | 'awaiting_approval'
  | 'discarded'
  | 'failed';

/** One inbound message for one agent. */
export interface MailsTable {
  id: string;
  agent_id: string;
  received_at: number;
  /** The way in: `smtp`, `resend` or `postmark`. */
  via: string;
  client_address: string | null;
  envelope_sender: string;
  envelope_recipient: string;
  /** Key in the raw mail store; several rows share it when a mail went to several agents. */
  raw_key: string;
  raw_bytes: number;
  /** Canonical address of the author; null when it could not be told. */
  sender: string | null;
  /** The same without its plus-tag: tags are no other person. */
  sender_base: string | null;
  sender_name: string;
  message_id: string;
  in_reply_to: string | null;
  /** Ids separated by blanks. */
  thread_references: string;
  /** First id of the thread: that of References, else In-Reply-To, else the mail's own. */
  thread: string;
  /**
   * JSON array of the other people on To and Cc, canonical, without our own agents; empty where the agent itself is
   * not named there.
   */
  others: string;
  /** Fingerprint of the DKIM signature that proved the sender; null where none did. */
  signature: string | null;
  /** Id of the secret address that let the sender in; null where nothing of the kind was needed. */
  secret_address: string | null;
  subject: string;
  sent_at: number | null;
  verdict: MailVerdict;
  /** A code of core's list. */
  reason_code: string;
  /** A sentence for the owner. */
  reason: string;
  /** AuthenticationEvidence as JSON. */
  evidence: string;
  /** How the sender was authenticated, in words. */
  authentication: string;
  state: MailState;
  state_reason: string;
  /** Id of the webhook event that told of it; null for mail over SMTP. */
  webhook_event: string | null;
}

export type JobState = 'ready' | 'running' | 'done' | 'failed';

/** One turn or command to be done; in order of `seq` within an agent, one running at a time. */
export interface JobsTable {
  seq: Generated<number>;
  id: string;
  agent_id: string;
  mail_id: string;
  state: JobState;
  /** Not before this time. */
  run_at: number;
  attempts: number;
  max_attempts: number;
  /** Grows with every lease: whoever holds an older one changes nothing any more. */
  fence: number;
  lease_until: number | null;
  last_error: string | null;
  created_at: number;
  finished_at: number | null;
}

export type RunStatus = 'running' | 'done' | 'failed';

/** What became of one job: a turn of the agent or a command; attempts share the row. */
export interface RunsTable {
  id: string;
  job_id: string;
  agent_id: string;
  mail_id: string;
  kind: 'turn' | 'command';
  command: string | null;
  attempt: number;
  status: RunStatus;
  session_id: string | null;
  model: string | null;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  /** Written from whole micro-dollars; of the month in which the run started. */
  cost_usd: number;
  /** Set aside for what is under way, micro-dollars; 0 when the run does not run. */
  reserved_micro_usd: Generated<number>;
  context_tokens: number | null;
  context_window: number | null;
  llm_requests: number;
  started_at: number;
  first_request_at: number | null;
  last_response_at: number | null;
  finished_at: number | null;
  error_code: string | null;
  error: string | null;
}

/**
 * `awaiting_approval`: the owner decides whether it is sent. `bounced`: it was taken, and a delivery status notification
 * (RFC 3464) came back for good.
 */
export type DeliveryState =
  | 'pending'
  | 'sending'
  | 'sent'
  | 'awaiting_approval'
  | 'failed'
  | 'uncertain'
  | 'bounced';
export type DeliveryKind = 'reply' | 'mail' | 'command' | 'error';

/** One outgoing message with the exact bytes that are sent, recorded before the first try. */
export interface DeliveriesTable {
  seq: Generated<number>;
  id: string;
  agent_id: string;
  mail_id: string;
  run_id: string;
  kind: DeliveryKind;
  /** File name below outbox/email; null for mail that the host wrote. */
  source_file: string | null;
  source_sha256: string | null;
  envelope_sender: string;
  /** JSON array of addresses. */
  recipients: string;
  subject: string;
  message_id: string;
  raw_key: string;
  state: DeliveryState;
  attempts: number;
  next_attempt_at: number;
  /**
   * Epoch ms of the first try whose end is not known, the one under way included; null where none is. `provider` is then
   * who was tried.
   */
  doubt_since: number | null;
  /** A sentence on why it awaits approval, failed, uncertain or bounced, or on the last temporary failure. */
  reason_code: string | null;
  reason: string | null;
  provider: string | null;
  provider_id: string | null;
  /** The Message-ID that the mail really went out with, where the provider has put one of its own and told it. */
  provider_message_id: string | null;
  /** When the provider said that the receiving server had taken it, for the first of its recipients. */
  delivered_at: number | null;
  created_at: number;
  sent_at: number | null;
  /** 1 once the outbox file lies where the state says (sent/ or failed/), or there is none. */
  filed: number;
}

/** Which session an agent goes on with, for each scope (DESIGN section 5, `session_scope`). */
export interface CurrentSessionsTable {
  agent_id: string;
  scope: string;
  session_id: string;
  updated_at: number;
}

/** An address `agent+token@` of an agent; mail to it may come from a listed sender whose domain proves nothing. */
export interface SecretAddressesTable {
  id: string;
  agent_id: string;
  /** SHA-256 of the token, hex. The token itself stands only in the mails that came to it. */
  token_sha256: string;
  /** For whom or what it was made. */
  note: string;
  created_at: number;
  last_used_at: number | null;
}

export type SuppressionCode = 'bounced' | 'complained';

/** Whom an agent's mail does not reach or who complained: mail to them waits for the owner. */
export interface SuppressedRecipientsTable {
  agent_id: string;
  /** Canonical. */
  address: string;
  code: SuppressionCode;
  /** The diagnostic of the report. */
  reason: string;
  delivery_id: string;
  created_at: number;
}

/** A key of an LLM provider that pays for the turns of one owner's agents. */
export interface ProviderKeysTable {
  /** Bound into the sealed text; a new one whenever the key is replaced. */
  id: string;
  /** Canonical address, as agents have it. */
  owner: string;
  provider: string;
  /** Envelope of core's `sealSecret`; the key itself is nowhere. */
  sealed: string;
  last_four: string;
  created_at: number;
  /** When it was last decrypted for a run. */
  last_used_at: number | null;
}

/** What a calendar month (UTC) may cost: one agent, or all agents of one owner together. */
export interface BudgetsTable {
  scope: BudgetScope;
  /** Id of the agent, or canonical address of the owner. */
  subject: string;
  /** Micro-dollars. */
  monthly_micro_usd: number;
  updated_at: number;
}

/** Something that a provider told by webhook, or that its list of received mails told in the place of one. */
export interface WebhookEventsTable {
  seq: Generated<number>;
  id: string;
  provider: WebhookProvider;
  /** The provider's name for the event, the same when it is sent again; `listed:…` where a list told of it. */
  event_id: string;
  kind: 'received' | 'delivery';
  /** The provider's name for the mail. */
  provider_mail_id: string;
  /** The notice as JSON (core's `ProviderNotice`), without the message. */
  payload: string;
  /** Key in the raw mail store of a message that came along; null where there is none, or the door has taken it. */
  raw_key: string | null;
  state: 'pending' | 'done' | 'failed';
  /** Counts the one under way. */
  attempts: number;
  /** While a try is under way: when it counts as dead. */
  next_attempt_at: number;
  /** A code of core's list; null where there is nothing to say. */
  reason_code: string | null;
  reason: string | null;
  created_at: number;
  finished_at: number | null;
}

/** How far a provider's list was read; both times are the provider's. */
export interface ProviderCursorsTable {
  name: string;
  /** What is older is none of ours. */
  started_at: number;
  /** Everything up to here is stored. */
  mark: number;
}

/** A token of the JSON API; what it says of itself is known by its hash alone. */
export interface ApiTokensTable {
  id: string;
  /** Canonical address, as agents have it. */
  owner: string;
  /** What it is for. */
  name: string;
  /** SHA-256 of the token, hex. */
  token_sha256: string;
  last_four: string;
  /** JSON array of scopes. */
  scopes: string;
  created_at: number;
  /** Null: until it is revoked. */
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
}

/** A person who has signed in once. better-auth's row: its dates are ISO 8601 as text. */
export interface AccountUsersTable {
  id: string;
  name: string;
  /** Canonical address. */
  email: string;
  email_verified: number;
  image: string | null;
  created_at: string;
  updated_at: string;
}

/** A browser that is signed in. better-auth's row; the token alone is worth nothing without the secret that signs it. */
export interface AccountSessionsTable {
  id: string;
  expires_at: string;
  token: string;
  created_at: string;
  updated_at: string;
  ip_address: string | null;
  user_agent: string | null;
  user_id: string;
}

/** `none`: nobody may sign in with the address, so no mail goes out. */
export type SignInMailState = 'none' | 'pending' | 'sending' | 'sent' | 'failed';

/**
 * The newest request to sign in with an address, whether anybody may or not: there is one for each address. What opens
 * it, the link and the code, is made of its id and a key that is not in the database.
 */
export interface SignInRequestsTable {
  /** Canonical. */
  address: string;
  id: string;
  /** SHA-256 of the token in the link, hex. */
  link_sha256: string;
  /** SHA-256 of what the browser that asked keeps in a cookie, hex. */
  browser_sha256: string;
  /** Codes tried. */
  tries: number;
  mail_state: SignInMailState;
  mail_attempts: number;
  mail_next_at: number;
  created_at: number;
  expires_at: number;
}

/** What is counted: mails asked for, and codes tried. The subject is an address, a client network, or both. */
export type SignInAttemptKind =
  | 'mail_address'
  | 'mail_network'
  | 'mail_address_network'
  | 'code_address'
  | 'code_address_network'
  | 'code_network';

export interface SignInAttemptsTable {
  seq: Generated<number>;
  kind: SignInAttemptKind;
  subject: string;
  at: number;
}

/** `dropped`: nothing waited any more, or the recipient gets no mail from the agent. */
export type LimitNoticeState = 'pending' | 'sending' | 'sent' | 'failed' | 'dropped';

/** The newest notice to one recipient that mails to an agent wait because of a limit. */
export interface LimitNoticesTable {
  agent_id: string;
  /** `sender` is told of the own mail, `owner` of all that wait. */
  role: 'sender' | 'owner';
  /** Canonical address without tag. */
  recipient: string;
  id: string;
  /** The mail that was over the limit. */
  mail_id: string;
  limit_code: LimitCode;
  /** What the owner is told, as JSON, once the first try has fixed it. */
  waiting: string | null;
  state: LimitNoticeState;
  attempts: number;
  /** While a try is under way: when it counts as dead. */
  next_attempt_at: number;
  created_at: number;
}

export type Agent = Selectable<AgentsTable>;
export type NewAgent = Insertable<AgentsTable>;
export type Mail = Selectable<MailsTable>;
export type NewMail = Insertable<MailsTable>;
export type Job = Selectable<JobsTable>;
export type Run = Selectable<RunsTable>;
export type Delivery = Selectable<DeliveriesTable>;
export type NewDelivery = Insertable<DeliveriesTable>;
export type SecretAddress = Selectable<SecretAddressesTable>;
export type SuppressedRecipient = Selectable<SuppressedRecipientsTable>;
export type ProviderKey = Selectable<ProviderKeysTable>;
export type Budget = Selectable<BudgetsTable>;
export type WebhookEvent = Selectable<WebhookEventsTable>;
export type NewWebhookEvent = Insertable<WebhookEventsTable>;
export type ApiToken = Selectable<ApiTokensTable>;
export type SignInRequest = Selectable<SignInRequestsTable>;
export type LimitNotice = Selectable<LimitNoticesTable>;
