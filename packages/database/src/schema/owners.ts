/** What belongs to the owner of agents: keys of models, budgets, tokens of the API. */
import type { BudgetScope } from '@tinyfat/core';
import type { Selectable } from 'kysely';

export interface OwnerTables {
  provider_keys: ProviderKeysTable;
  budgets: BudgetsTable;
  api_tokens: ApiTokensTable;
  owner_alerts: OwnerAlertsTable;
  owner_notices: OwnerNoticesTable;
}

/** A key of an LLM provider that pays for the turns of one owner's agents. */
interface ProviderKeysTable {
  /** Bound into the sealed text; a new one whenever the key is replaced. */
  id: string;
  /** Canonical address, as agents have it. */
  owner: string;
  provider: string;
  /** Envelope of core's `sealSecret`; the key itself is stored nowhere. */
  sealed: string;
  last_four: string;
  created_at: number;
  /** When it was last decrypted for a run. */
  last_used_at: number | null;
}

/** What a calendar month (UTC) may cost: one agent, or all agents of one owner together. */
interface BudgetsTable {
  scope: BudgetScope;
  /** Id of the agent, or canonical address of the owner. */
  subject: string;
  /** Micro-dollars. */
  monthly_micro_usd: number;
  updated_at: number;
}

/** A token of the JSON API. */
interface ApiTokensTable {
  id: string;
  /** Canonical address, as agents have it. */
  owner: string;
  /** What it is for. */
  name: string;
  /** SHA-256 of the token, hex; the token itself is stored nowhere. */
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

/** What an owner is mailed about, 1 or 0 each; an owner without a row has `DEFAULT_ALERTS`. */
interface OwnerAlertsTable {
  /** Canonical address. */
  owner: string;
  held: number;
  failed: number;
  budget: number;
  digest: number;
  /** What came before is not mailed about. */
  updated_at: number;
}

/** `test`: a mail that the owner asked for, to see whether mail arrives. */
export type OwnerNoticeKind = 'held' | 'failed' | 'budget' | 'digest' | 'test';
/** `dropped`: its matter was over before it was sent. */
export type OwnerNoticeState = 'pending' | 'sending' | 'sent' | 'failed' | 'dropped';

/** A mail of the host to an owner: one for each owner, kind and matter. */
interface OwnerNoticesTable {
  id: string;
  /** Canonical address. */
  owner: string;
  kind: OwnerNoticeKind;
  /** The matter: id of a delivery or run, a month with a share, a day, or the notice's own id. */
  about: string;
  /** What it says, as JSON: the same at every try. */
  content: string;
  state: OwnerNoticeState;
  /** Why the last try failed; null where it did not. */
  reason: string | null;
  attempts: number;
  next_attempt_at: number;
  /** Grows with every claim; a worker with an older fence changes nothing. */
  fence: number;
  leased_by: string | null;
  lease_until: number | null;
  scheduled_at: number;
  created_at: number;
}

export type OwnerAlerts = Selectable<OwnerAlertsTable>;
export type OwnerNotice = Selectable<OwnerNoticesTable>;
export type ProviderKey = Selectable<ProviderKeysTable>;
export type Budget = Selectable<BudgetsTable>;
export type ApiToken = Selectable<ApiTokensTable>;
