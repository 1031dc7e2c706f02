/** Signing in by mail, over the database: what `Accounts` promises. */
import {
  type Clock,
  canonicalAddress,
  equalBytes,
  type Logger,
  type MakeId,
  sha256HexOfText,
  toBase64url,
  type WakeUp,
} from '@tinyfat/core';
import {
  countTry,
  findSignInRequest,
  forgetAttempt,
  noteAttempt,
  putSignInRequest,
  type SignInRequest,
  takeSignInRequest,
} from '@tinyfat/database';
import type { OidcSettings } from '@tinyfat/settings';
import type { Accounts, OpenRequest, SignInOutcome, SignInRefusal } from './contract.ts';
import { cookieNames, readCookie, requestCookie } from './cookies.ts';
import { oidcSignIn } from './oidc/oidc-sign-in.ts';
import { createSessions } from './sessions.ts';
import type { SignInKey } from './sign-in-key.ts';
import { type ClientNetworks, codeLimits, MOST_TRIES, mailLimits, REQUEST_MS } from './sign-in-limits.ts';
import { type AdmissionOfPeople, viewerOf } from './who-may-sign-in.ts';

interface AccountDeps extends AdmissionOfPeople {
  clock: Clock;
  makeId: MakeId;
  /** Of a secure source. */
  randomBytes(count: number): Uint8Array;
  logger: Logger;
  publicUrl: URL;
  key: SignInKey;
  /** The network that a client is counted for: its IPv4 address, or so many bits of its IPv6 address. */
  networkOf(clientAddress: string, ipv6Bits: 48 | 64): string;
  wakeUp: WakeUp;
  /** Null where people sign in by mail only. */
  oidc: OidcSettings | null;
}

/** Accounts over the open database. */
export async function createAccounts(deps: AccountDeps): Promise<Accounts> {
  const { db, clock, key, logger, publicUrl } = deps;
  const names = cookieNames(publicUrl);
  const sessions = createSessions({ db, logger, clock, publicUrl, names, secret: await key.cookieSecret() });

  const networksOf = (clientAddress: string): ClientNetworks => ({
    network: deps.networkOf(clientAddress, 64),
    site: deps.networkOf(clientAddress, 48),
  });

  const visit = async (headers: Headers, mayRefresh: boolean) => {
    const session = await sessions.read(headers, mayRefresh);
    if (!session) return null;
    const viewer = await viewerOf(deps, session.address);
    if (viewer) return { viewer: { ...viewer, session: session.id }, cookies: session.cookies };
    await sessions.endAll(session.address);
    return null;
  };

  const requestOf = async (headers: Headers) => {
    const browser = readCookie(names.request, headers);
    if (browser === null) return undefined;
    return await findSignInRequest(db, 'browser_sha256', await sha256HexOfText(browser), clock());
  };
  const requestOfLink = async (token: string) =>
    /^[\w-]{43}$/.test(token)
      ? await findSignInRequest(db, 'link_sha256', await sha256HexOfText(token), clock())
      : undefined;
  const shown = async (request: SignInRequest | undefined, headers: Headers): Promise<OpenRequest | null> => {
    if (!request) return null;
    const { address, expires_at: expiresAt } = request;
    const own = await requestOf(headers);
    return { address, expiresAt, sameBrowser: own?.id === request.id };
  };

  /** Takes the request and signs in; only the caller that took it gets a session for it. */
  const enter = async (request: SignInRequest, headers: Headers, by: string): Promise<SignInOutcome> => {
    const taken = await takeSignInRequest(db, request.id, clock());
    // The address may no longer sign in.
    if (!taken || !(await viewerOf(deps, request.address))) return OVER;
    const cookies = await sessions.start(request.address, headers);
    logger.info('signed_in', { request: request.id, by });
    return { ok: true, cookies: [...cookies, requestCookie(names, '', 0)] };
  };

  return {
    visit: (headers) => visit(headers, true),
    viewer: async (headers) => (await visit(headers, false))?.viewer ?? null,

    async ask(text, clientAddress) {
      const parsed = canonicalAddress(text.trim());
      if (!parsed.ok) return { ok: false, code: 'invalid_request', detail: parsed.reason };
      const { address } = parsed;
      const now = clock();
      const until = await noteAttempt(db, mailLimits(address, networksOf(clientAddress)), now);
      if (until !== null) return tooMany('Too many mails were asked for.', until - now);
      const id = deps.makeId();
      const browser = toBase64url(deps.randomBytes(32));
      const mayEnter = (await viewerOf(deps, address)) !== null;
      await putSignInRequest(db, {
        address,
        id,
        link_sha256: await sha256HexOfText(await key.linkToken(id)),
        browser_sha256: await sha256HexOfText(browser),
        tries: 0,
        // A mail is only recorded here, and sent by a loop of its own: both answers take the same time.
        mail_state: mayEnter ? 'pending' : 'none',
        mail_attempts: 0,
        mail_next_at: now,
        created_at: now,
        expires_at: now + REQUEST_MS,
      });
      deps.wakeUp.wake('sign_in_mails');
      logger.info('sign_in_asked', { request: id, client: clientAddress, mail: mayEnter });
      return { ok: true, cookies: [requestCookie(names, browser, REQUEST_MS / 1000)] };
    },

    asked: async (headers) => await shown(await requestOf(headers), headers),
    linked: async (token, headers) => await shown(await requestOfLink(token), headers),

    async confirmLink(token, headers) {
      const request = await requestOfLink(token);
      return request ? await enter(request, headers, 'link') : OVER;
    },

    async tryCode(code, headers, clientAddress) {
      const request = await requestOf(headers);
      if (!request) return OVER;
      const now = clock();
      const limits = codeLimits(request.address, networksOf(clientAddress));
      const until = await noteAttempt(db, limits, now);
      if (until !== null) return tooMany('Too many codes were tried.', until - now);
      const tries = await countTry(db, request.id, MOST_TRIES);
      if (tries === null) return OVER;
      const isRight = equalBytes(bytes(code.replace(/[\s-]/g, '')), bytes(await key.code(request.id)));
      if (isRight && request.mail_state !== 'none') {
        // Noted before it was looked at, since many come at once; wrong ones alone count.
        await forgetAttempt(db, limits, now);
        return await enter(request, headers, 'code');
      }
      logger.info('sign_in_code_wrong', { request: request.id, client: clientAddress, tries });
      if (tries < MOST_TRIES) {
        const left = MOST_TRIES - tries;
        return {
          ok: false,
          code: 'sign_in_code_wrong',
          detail: `It is not this one. ${left} ${left === 1 ? 'try is' : 'tries are'} left.`,
        };
      }
      await takeSignInRequest(db, request.id, now);
      return { ok: false, code: 'sign_in_over', detail: 'There were too many wrong codes.' };
    },

    oidc:
      deps.oidc === null
        ? null
        : oidcSignIn({
            settings: deps.oidc,
            ...{ db, clock, logger, publicUrl, names, key, networksOf, randomBytes: deps.randomBytes },
            enter: async (address, headers) =>
              (await viewerOf(deps, address)) === null ? null : await sessions.start(address, headers),
          }),

    signOut: (headers) => sessions.end(headers),
  };
}

const OVER: SignInRefusal = { ok: false, code: 'sign_in_over' };

function tooMany(detail: string, waitMs: number): SignInRefusal {
  return { ok: false, code: 'too_many_requests', detail, retryAfterS: Math.max(1, Math.ceil(waitMs / 1000)) };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
