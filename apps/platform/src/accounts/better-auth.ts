/**
 * better-auth over our tables, with two endpoints of our own that are called in this process. None of its HTTP routes is
 * mounted: its mailed link is consumed by any GET, a mail scanner's too, and its rate limit is one for all clients.
 */
import { kyselyAdapter } from '@better-auth/kysely-adapter';
import { createAuthEndpoint } from 'better-auth/api';
import { deleteSessionCookie, setSessionCookie } from 'better-auth/cookies';
import { betterAuth } from 'better-auth/minimal';
import { CamelCasePlugin } from 'kysely';
import * as v from 'valibot';
import type { SessionDeps } from './sessions.ts';

export { isAPIError } from 'better-auth/api';

const DAY_S = 86_400;
const EXPIRES_S = 30 * DAY_S;

/** Its functions, over the open database. */
export function makeAuth({ db, logger, publicUrl, names, secret }: SessionDeps) {
  return betterAuth({
    baseURL: publicUrl.origin,
    secret,
    telemetry: { enabled: false },
    // What it logs besides the sentence can contain secrets.
    logger: { log: (level, message) => logger[level]('better_auth', { message: String(message) }) },
    rateLimit: { enabled: false },
    // Without a type it writes nothing of one database only: dates are ISO 8601 as text, truth values 0 and 1.
    database: kyselyAdapter(db.withPlugin(new CamelCasePlugin())),
    user: { modelName: 'account_users' },
    session: { modelName: 'account_sessions', expiresIn: EXPIRES_S, updateAge: DAY_S },
    account: { modelName: 'account_providers' },
    verification: { modelName: 'account_verifications' },
    advanced: {
      // Our names have the __Host- prefix already.
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

/** Starts a session for a proven address; makes its user the first time. */
const startSession = createAuthEndpoint(
  { method: 'POST', requireHeaders: true, body: v.object({ address: v.string(), userAgent: v.string() }) },
  async (ctx) => {
    const { internalAdapter, authCookies, secret } = ctx.context;
    const { address, userAgent } = ctx.body;
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
    const session = await internalAdapter.createSession(user.id, false, { userAgent, ipAddress: '' });
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
