/**
 * Sessions and users, stored by better-auth. A cookie holds the session's token and an HMAC of it: a token from the
 * database alone opens nothing. The library is loaded when the first cookie or sign-in comes: it takes tens of
 * megabytes, which a server without visitors does not need.
 */
import type { Clock, Logger } from '@tinyfat/core';
import { type Database, endSessions, removeExpiredSessions } from '@tinyfat/database';
import type { Cookies } from './contract.ts';
import type { CookieNames } from './cookies.ts';

export interface SessionDeps {
  db: Database;
  logger: Logger;
  clock: Clock;
  publicUrl: URL;
  names: CookieNames;
  /** Signs the cookies. */
  secret: string;
}

export interface Sessions {
  /** Signs an address in; ends the session that this browser had. */
  start(address: string, headers: Headers): Promise<Cookies>;
  /** The address and id of the session; a session in use is lengthened once a day, where cookies can be set. */
  read(
    headers: Headers,
    mayRefresh: boolean,
  ): Promise<{ address: string; id: string; cookies: Cookies } | null>;
  /** Ends the session of this browser. */
  end(headers: Headers): Promise<Cookies>;
  /** Ends all sessions of an address. */
  endAll(address: string): Promise<void>;
}

/** Characters; enough to tell one browser from another. */
const MOST_USER_AGENT = 300;

/** Sessions over the open database. */
export function createSessions(deps: SessionDeps): Sessions {
  let loaded: ReturnType<typeof load> | undefined;
  const auth = () => {
    loaded ??= load(deps).catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
  const ours = (headers: Headers | null | undefined): Cookies =>
    (headers?.getSetCookie() ?? []).filter((cookie) => cookie.startsWith(`${deps.names.session}=`));
  return {
    async start(address, headers) {
      await removeExpiredSessions(deps.db, deps.clock());
      const { api } = await auth();
      const userAgent = (headers.get('user-agent') ?? '').slice(0, MOST_USER_AGENT);
      const made = await api.startSession({ body: { address, userAgent }, headers, returnHeaders: true });
      return ours(made.headers);
    },
    async read(headers, mayRefresh) {
      if (headers.get('cookie')?.includes(deps.names.session) !== true) return null;
      const { api, endedMeanwhile } = await auth();
      const found = await api
        .getSession({ headers, query: { disableRefresh: !mayRefresh }, returnHeaders: true })
        .catch(endedMeanwhile);
      if (!found?.response) return null;
      const { user, session } = found.response;
      return { address: user.email, id: session.id, cookies: ours(found.headers) };
    },
    async end(headers) {
      const { api } = await auth();
      return ours((await api.endSession({ headers, returnHeaders: true })).headers);
    },
    async endAll(address) {
      await endSessions(deps.db, address);
    },
  };
}

async function load(deps: SessionDeps) {
  const { isAPIError, makeAuth } = await import('./better-auth.ts');
  return {
    api: makeAuth(deps).api,
    /** A session can end, by another request, between being found and being lengthened. */
    endedMeanwhile: (error: unknown): null => {
      if (isAPIError(error) && error.status === 'UNAUTHORIZED') return null;
      throw error;
    },
  };
}
