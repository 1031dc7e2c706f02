/** Agents, who may write to them, and where their conversations go on. */
import type { Generated, Insertable, Selectable } from 'kysely';

export interface AgentTables {
  agents: AgentsTable;
  allowed_senders: AllowedSendersTable;
  secret_addresses: SecretAddressesTable;
  current_sessions: CurrentSessionsTable;
}

interface AgentsTable {
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
  /** Since when its mail waits, epoch ms; null: it is not paused. */
  paused_at: number | null;
  /** To whom it may write without asking, as core's `OUTBOUND_POLICIES` has it. */
  outbound: Generated<string>;
  /** Bytes in its folder, as last measured; null before its first turn. */
  folder_bytes: number | null;
  folder_measured_at: number | null;
  /** When the owner was last written that the folder is nearly full. */
  folder_notice_at: number | null;
}

interface AllowedSendersTable {
  agent_id: string;
  /** Canonical entry: `a@b`, `@b` or `@*.b`. */
  entry: string;
  created_at: number;
}

/** An address `agent+token@` of an agent; mail to it may come from a listed sender whose domain proves nothing. */
interface SecretAddressesTable {
  id: string;
  agent_id: string;
  /** SHA-256 of the token, hex. The token itself stands only in the mails that came to it. */
  token_sha256: string;
  /** For whom or what it was made. */
  note: string;
  created_at: number;
  last_used_at: number | null;
}

/** Which session an agent goes on with, for each scope (DESIGN section 5, `session_scope`). */
interface CurrentSessionsTable {
  agent_id: string;
  scope: string;
  session_id: string;
  updated_at: number;
}

export type Agent = Selectable<AgentsTable>;
export type NewAgent = Insertable<AgentsTable>;
export type SecretAddress = Selectable<SecretAddressesTable>;
