/** Who looks at a page, how they sign in, and what stands behind it. */

/** A person who is signed in. Their agents are those whose owner is this address. */
export interface Viewer {
  /** Canonical. */
  address: string;
  /** In ADMIN_EMAILS: sees everybody's agents. */
  isAdmin: boolean;
  /** Id of the session of their browser; absent where no browser asks. */
  session?: string;
}

/** A request to sign in that is open. */
export interface OpenRequest {
  /** Canonical. */
  address: string;
  /** Whether it was made in the browser that asks. */
  sameBrowser: boolean;
  /** Epoch ms. */
  expiresAt: number;
}

/** Values for Set-Cookie. */
export type Cookies = readonly string[];

/** Why somebody is not let in, or not yet. `detail` is a sentence for them. */
export type SignInRefusal =
  | { ok: false; code: 'invalid_request' | 'sign_in_code_wrong' | 'sign_in_over'; detail?: string }
  | { ok: false; code: 'too_many_requests'; detail: string; retryAfterS: number };

export type SignInOutcome = { ok: true; cookies: Cookies } | SignInRefusal;

/**
 * Why nobody was signed in by the OpenID provider: `denied` there; `over`: not begun in this browser, or not in time;
 * `unreachable`: it gave no answer; `refused`: its answer proves nothing; `unverified`: it vouches for no address;
 * `not_admitted`: the address may not sign in here.
 */
export const OIDC_PROBLEMS = [
  'denied',
  'over',
  'unreachable',
  'refused',
  'unverified',
  'not_admitted',
  'too_many',
] as const;
export type OidcProblem = (typeof OIDC_PROBLEMS)[number];

/** `location`: the address at the provider. */
export type OidcStart =
  | { ok: true; location: string; cookies: Cookies }
  | { ok: false; problem: OidcProblem };
/** `to`: the path of ours that was asked for; `/` where that is not known. */
export type OidcOutcome =
  | { ok: true; to: string; cookies: Cookies }
  | { ok: false; problem: OidcProblem; to: string; cookies: Cookies };

/** Signing in by an OpenID provider; only an address that the provider calls verified counts. */
export interface OidcSignIn {
  /** Of the provider, for the button. */
  host: string;
  /** Begins; `to` is the page to be led back to. */
  start(from: { clientAddress: string; to: string }): Promise<OidcStart>;
  /** Ends, with what the provider has put into the address. */
  finish(query: URLSearchParams, headers: Headers): Promise<OidcOutcome>;
}

/**
 * Signing in by mail. Invariants: an answer never shows whether an address may sign in; reading a link changes
 * nothing; each link and code works once, for ten minutes, until a newer one is asked for.
 */
export interface Accounts {
  /** The person whose session the headers carry, with the cookies that lengthen it; null for nobody. */
  visit(headers: Headers): Promise<{ viewer: Viewer; cookies: Cookies } | null>;
  /** The same where no cookies can be set. */
  viewer(headers: Headers): Promise<Viewer | null>;
  /** Has a mail sent, if the address may sign in; the cookie binds the code to this browser. */
  ask(address: string, clientAddress: string): Promise<SignInOutcome>;
  /** The request that this browser made. */
  asked(headers: Headers): Promise<OpenRequest | null>;
  /** The request that the link's token opens; nothing is used up. */
  linked(token: string, headers: Headers): Promise<OpenRequest | null>;
  /** Signs in by link. */
  confirmLink(token: string, headers: Headers): Promise<SignInOutcome>;
  /** Signs in by code, in the browser that asked. */
  tryCode(code: string, headers: Headers, clientAddress: string): Promise<SignInOutcome>;
  /** Signing in by an OpenID provider; null where none is set. */
  oidc: OidcSignIn | null;
  /** Ends the session of this browser; gives the cookies that say so. */
  signOut(headers: Headers): Promise<Cookies>;
}
