import { type AccountSession, endOtherSessions, endSession, sessionsOf } from '@tinyfat/database';
import { refuse, removed } from '../answer.ts';
import { whole } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/browsers.ts';

const MOST_SHOWN = 100;
const NOBODY = 'A program on the machine itself has no browsers: tinyfat account shows those of all people.';

export const browserEndpoints = [
  endpoint(routes.listBrowsers, async ({ deps, principal }) => {
    if (principal.owner === null) return refuse('not_permitted', NOBODY);
    const sessions = await sessionsOf(deps.db, principal.owner, { now: deps.clock(), limit: MOST_SHOWN });
    const current = principal.kind === 'session' ? principal.sessionId : undefined;
    return { ok: true, body: whole(sessions.map((session) => shown(session, session.id === current))) };
  }),

  endpoint(routes.signOutBrowser, async ({ deps, principal, params }) => {
    if (principal.owner === null) return refuse('not_permitted', NOBODY);
    return removed(await endSession(deps.db, principal.owner, params.id));
  }),

  endpoint(routes.signOutOtherBrowsers, async ({ deps, principal }) => {
    if (principal.kind !== 'session' || principal.sessionId === undefined) {
      return refuse('not_permitted', 'Only a browser that is signed in can sign out the others.');
    }
    return {
      ok: true,
      body: { signed_out: await endOtherSessions(deps.db, principal.owner, principal.sessionId) },
    };
  }),
];

function shown(session: AccountSession, current: boolean) {
  return {
    id: session.id,
    user_agent: session.userAgent,
    current,
    signed_in_at: isoTime(session.createdAt),
    last_seen_at: isoTime(session.seenAt),
    expires_at: isoTime(session.expiresAt),
  };
}
