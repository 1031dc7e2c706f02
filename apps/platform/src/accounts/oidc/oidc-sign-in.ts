/**
 * Signing in by an OpenID provider. Invariants: the way back ends in the browser that began, once, within ten minutes; only
 * an address that the provider calls verified counts; who may be here is decided as for a mailed link.
 */
import { type Clock, canonicalAddress, type Logger, sha256HexOfText, toBase64url } from '@tinyfat/core';
import { type Database, noteAttempt, putOidcRequest, takeOidcRequest } from '@tinyfat/database';
import type { OidcSettings } from '@tinyfat/settings';
import type { Cookies, OidcOutcome, OidcProblem, OidcSignIn, OidcStart } from '../contract.ts';
import { type CookieNames, oidcCookie, readCookie } from '../cookies.ts';
import { returnPath } from '../return-path.ts';
import type { SignInKey } from '../sign-in-key.ts';
import { type ClientNetworks, oidcLimits, REQUEST_MS } from '../sign-in-limits.ts';
import type { OidcFailure, OidcProvider } from './provider.ts';

export interface OidcDeps {
  settings: OidcSettings;
  db: Database;
  clock: Clock;
  randomBytes(count: number): Uint8Array;
  logger: Logger;
  publicUrl: URL;
  names: CookieNames;
  key: SignInKey;
  networksOf(clientAddress: string): ClientNetworks;
  /** Starts a session for an address that may sign in; null for one that may not. */
  enter(address: string, headers: Headers): Promise<Cookies | null>;
}

/** What discovery said is read anew after this time, so that a change at the provider needs no restart. */
const DISCOVERY_MS = 3_600_000;

/** Signing in by the provider of the settings. */
export function oidcSignIn(deps: OidcDeps): OidcSignIn {
  const { settings, db, clock, key, logger, names, publicUrl } = deps;
  let opened: { provider: OidcProvider; at: number } | null = null;
  const open = async (): Promise<{ ok: true; provider: OidcProvider } | OidcFailure> => {
    const now = clock();
    if (opened !== null && now >= opened.at && now - opened.at < DISCOVERY_MS) {
      return { ok: true, provider: opened.provider };
    }
    // It is loaded with the first visitor who needs it, as better-auth is for sessions.
    const { openProvider } = await import('./provider.ts');
    const found = await openProvider(settings, publicUrl);
    if (found.ok) opened = { provider: found.provider, at: now };
    return found;
  };
  const exchangeOf = async (state: string) => ({
    state,
    verifier: await key.oidcVerifier(state),
    nonce: await key.oidcNonce(state),
  });
  const refusedTo =
    (to: string) =>
    (problem: OidcProblem, text?: string): OidcOutcome => {
      logger.info('oidc_refused', { problem, ...(text === undefined ? {} : { reason: text }) });
      return { ok: false, problem, to, cookies: [oidcCookie(names, '', 0)] };
    };

  return {
    host: new URL(settings.issuer).host,

    async start({ clientAddress, to }): Promise<OidcStart> {
      const now = clock();
      const until = await noteAttempt(db, oidcLimits(deps.networksOf(clientAddress)), now);
      if (until !== null) return { ok: false, problem: 'too_many' };
      const found = await open();
      if (!found.ok) {
        logger.warn('oidc_unreachable', { reason: found.text });
        return { ok: false, problem: 'unreachable' };
      }
      const state = toBase64url(deps.randomBytes(32));
      const browser = toBase64url(deps.randomBytes(32));
      const location = await found.provider.authorizationUrl(await exchangeOf(state));
      await putOidcRequest(
        db,
        {
          state_sha256: await sha256HexOfText(state),
          browser_sha256: await sha256HexOfText(browser),
          return_to: returnPath(to),
          expires_at: now + REQUEST_MS,
        },
        now,
      );
      return { ok: true, location, cookies: [oidcCookie(names, browser, REQUEST_MS / 1000)] };
    },

    async finish(query, headers): Promise<OidcOutcome> {
      const browser = readCookie(names.oidc, headers);
      const state = only(query, 'state');
      if (browser === null || state === null) return refusedTo('/')('over');
      const request = await takeOidcRequest(
        db,
        { state_sha256: await sha256HexOfText(state), browser_sha256: await sha256HexOfText(browser) },
        clock(),
      );
      if (request === undefined) return refusedTo('/')('over');
      const to = returnPath(request.return_to);
      const refused = refusedTo(to);
      const issuer = query.get('iss');
      // RFC 9207: an answer of another provider.
      if (issuer !== null && issuer !== settings.issuer) return refused('refused', 'another issuer answered');
      if (query.has('error')) return refused('denied');
      const code = only(query, 'code');
      if (code === null) return refused('refused', 'there is no code');
      const found = await open();
      if (!found.ok) return refused('unreachable', found.text);
      const known = await found.provider.profile(code, await exchangeOf(state));
      if (!known.ok) return refused(known.why, known.text);
      const { email, emailVerified } = known.profile;
      if (typeof email !== 'string' || emailVerified !== true) return refused('unverified');
      const parsed = canonicalAddress(email);
      if (!parsed.ok) return refused('unverified');
      const cookies = await deps.enter(parsed.address, headers);
      if (cookies === null) return refused('not_admitted');
      logger.info('signed_in', { by: 'oidc' });
      return { ok: true, to, cookies: [...cookies, oidcCookie(names, '', 0)] };
    },
  };
}

/** The one value of a name; null where there is none, or two. */
function only(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  const [value = ''] = values;
  return values.length === 1 && value !== '' && value.length <= 4096 ? value : null;
}
