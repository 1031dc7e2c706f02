/** People who sign in. */
import type { Generated, Insertable, Selectable } from 'kysely';

export interface PeopleTables {
  account_users: AccountUsersTable;
  account_sessions: AccountSessionsTable;
  sign_in_requests: SignInRequestsTable;
  sign_in_attempts: SignInAttemptsTable;
  oidc_requests: OidcRequestsTable;
}

/** A person who has signed in once. better-auth's row: its dates are ISO 8601 as text. */
interface AccountUsersTable {
  id: string;
  name: string;
  /** Canonical address. */
  email: string;
  email_verified: number;
  image: string | null;
  created_at: string;
  updated_at: string;
}

/** A browser that is signed in. better-auth's row; the token opens nothing without the secret that signs it. */
interface AccountSessionsTable {
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
 * The newest request to sign in with an address, whether anybody may or not: there is one for each address. The link and
 * the code are made of its id and a key that is not in the database.
 */
interface SignInRequestsTable {
  /** Canonical. */
  address: string;
  id: string;
  /** SHA-256 of the token in the link, hex. */
  link_sha256: string;
  /** SHA-256 of the cookie of the browser that asked, hex. */
  browser_sha256: string;
  /** Codes tried. */
  tries: number;
  mail_state: SignInMailState;
  mail_attempts: number;
  mail_next_at: number;
  /** Grows with every claim; a worker with an older fence changes nothing. */
  mail_fence: Generated<number>;
  /** The worker that holds it, and until when it does without a renewal; null while nobody does. */
  mail_leased_by: Generated<string | null>;
  mail_lease_until: Generated<number | null>;
  /** When it was scheduled: one in the future shows that the clock was set back. */
  mail_scheduled_at: Generated<number>;
  created_at: number;
  expires_at: number;
}

/** What is counted: mails asked for, codes tried, ways to a provider begun, test mails. The subject is an address, a client network, or both. */
export type SignInAttemptKind =
  | 'mail_address'
  | 'mail_network'
  | 'mail_address_network'
  | 'code_address'
  | 'code_address_network'
  | 'code_network'
  | 'oidc_network'
  | 'test_mail';

interface SignInAttemptsTable {
  seq: Generated<number>;
  kind: SignInAttemptKind;
  subject: string;
  at: number;
}

/** A browser on its way to the OpenID provider and back; PKCE verifier and nonce are made of the state and a key. */
interface OidcRequestsTable {
  /** SHA-256 of the state in the address of the provider, hex. */
  state_sha256: string;
  /** SHA-256 of the cookie of the browser that began, hex. */
  browser_sha256: string;
  /** The page of ours that was asked for: a path. */
  return_to: string;
  expires_at: number;
}

export type OidcRequest = Selectable<OidcRequestsTable>;
export type SignInRequest = Selectable<SignInRequestsTable>;
export type NewSignInRequest = Insertable<SignInRequestsTable>;
