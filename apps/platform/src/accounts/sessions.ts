/**
 * Sessions and users, kept by better-auth over our tables. Only its functions are used, called in this process: none of
 * its HTTP routes is mounted, since its mailed link is used up by whoever opens it, and its rate limit is one for all.
 * A cookie holds the session's token and an HMAC of it: a token out of the database alone opens nothing.
 */
import type { Logger } from '@tinyfat/core';
import { type Database, endSessions } from '@tinyfat/database';
import { betterAuth } from 'better-auth';
import { createAuthEndpoint, isAPIError } from 'better-auth/api';
import { deleteSessionCookie, setSessionCookie } from 'better-auth/cookies';
import * as v from 'valibot';
import type { Cookies } from './contract.ts';
import type { CookieNames } from './cookies.ts';

export interface SessionPorts {
  db: Database;
  logger: Logger;
  publicUrl: URL;
  names: CookieNames;
  /** Signs the cookies. */
  secret: string;
}

export interface Sessions {
  /** Signs an address in, in the place of whoever was signed in in this browser. */
  start(address: string, headers: Headers): Promise<Cookies>;
  /** Whose session it is; a session in use is lengthened once a day, where cookies can be set. */
  read(headers: Headers, mayRefresh: boolean): Promise<{ address: string; cookies: Cookies } | null>;
  /** Ends the session of this browser. */
  end(headers: Headers): Promise<Cookies>;
  /** Ends all sessions of an address. */
  endAll(address: string): Promise<void>;
}

const DAY_S = 86_400;
const EXPIRES_S = 30 * DAY_S;

/** Sessions over the open database. */
export function createSessions(ports: SessionPorts): Sessions {
  const auth = makeAuth(ports);
  const ours = (headers: Headers | null | undefined): Cookies =>
    (headers?.getSetCookie() ?? []).filter((cookie) => cookie.startsWith(`${ports.names.session}=`));
  return {
    async start(address, headers) {
      const made = await auth.api.startSession({ body: { address }, headers, returnHeaders: true });
      return ours(made.headers);
    },
    async read(headers, mayRefresh) {
      if (!headers.has('cookie')) return null;
      const found = await auth.api
        .getSession({ headers, query: { disableRefresh: !mayRefresh }, returnHeaders: true })
        .catch(endedMeanwhile);
      if (!found?.response) return null;
      return { address: found.response.user.email, cookies: ours(found.headers) };
    },
    async end(headers) {
      return ours((await auth.api.endSession({ headers, returnHeaders: true })).headers);
    },
    async endAll(address) {
      await endSessions(ports.db, address);
    },
  };
}

/** A session can end, by another request, between being found and being lengthened. */
function endedMeanwhile(error: unknown): null {
  if (isAPIError(error) && error.status === 'UNAUTHORIZED') return null;
  throw error;
}

function makeAuth({ db, logger, publicUrl, names, secret }: SessionPorts) {
  return betterAuth({
    baseURL: publicUrl.origin,
    secret,
    telemetry: { enabled: false },
    // What it says can hold values of ours, so only its sentence goes on.
    logger: { log: (level, message) => logger[level]('better_auth', { message: String(message) }) },
    rateLimit: { enabled: false },
    database: { db, type: 'sqlite' },
    user: {
      modelName: 'account_users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    session: {
      modelName: 'account_sessions',
      expiresIn: EXPIRES_S,
      updateAge: DAY_S,
      fields: {
        expiresAt: 'expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        userId: 'user_id',
      },
    },
    account: {
      modelName: 'account_providers',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'account_verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    advanced: {
      // The name carries the prefix that belongs to it already.
      useSecureCookies: false,
      cookies: {
        session_token: {
          name: names.session,
          attributes: { secure: names.secure, httpOnly: true, sameSite: 'lax', path: '/' },
        },
      },
      ipAddress: { disableIpTracking: true },
    },
    plugins: [{ id: 'tinyfat', endpoints: { startSession, endSession } }],
  });
}

/** For an address that was proven; makes its user at the first time. */
const startSession = createAuthEndpoint(
  { method: 'POST', requireHeaders: true, body: v.object({ address: v.string() }) },
  async (ctx) => {
    const { internalAdapter, authCookies, secret } = ctx.context;
    const { address } = ctx.body;
    const before = await ctx.getSignedCookie(authCookies.sessionToken.name, secret);
    if (before) await internalAdapter.deleteSession(before);
    const find = async () => (await internalAdapter.findUserByEmail(address))?.user;
    const make = () =>
      internalAdapter.createUser({ email: address, emailVerified: true, name: '' }, { method: 'magic-link' });
    // Two browsers can sign in for the first time at once; the second finds what the first has made.
    const user =
      (await find()) ??
      (await make().catch(async (error: unknown) => {
        const other = await find();
        if (other) return other;
        throw error;
      }));
    const session = await internalAdapter.createSession(user.id, false, { userAgent: '', ipAddress: '' });
    await setSessionCookie(ctx, { session, user }, false);
    return null;
  },
);

/** Unlike better-auth's own, it fails where the session could not be ended. */
const endSession = createAuthEndpoint({ method: 'POST', requireHeaders: true }, async (ctx) => {
  const { internalAdapter, authCookies, secret } = ctx.context;
  const token = await ctx.getSignedCookie(authCookies.sessionToken.name, secret);
  if (token) await internalAdapter.deleteSession(token);
  deleteSessionCookie(ctx);
  return null;
});
