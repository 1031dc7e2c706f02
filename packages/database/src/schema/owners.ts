/** What belongs to the owner of agents: keys of models, budgets, tokens of the API. */
import type { BudgetScope } from '@tinyfat/core';
import type { Selectable } from 'kysely';

export interface OwnerTables {
  provider_keys: ProviderKeysTable;
  budgets: BudgetsTable;
  api_tokens: ApiTokensTable;
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

export type ProviderKey = Selectable<ProviderKeysTable>;
export type Budget = Selectable<BudgetsTable>;
export type ApiToken = Selectable<ApiTokensTable>;
