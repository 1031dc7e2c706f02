import { resumeSending, sendingStop, stopSending } from '@tinyfat/database';
import { refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../endpoint.ts';
import { isoTimeOrNull } from '../fields.ts';
import type { Principal } from '../principal.ts';
import * as routes from '../routes/sending.ts';

export const sendingEndpoints = [
  endpoint(routes.getSending, async ({ deps, principal }) => ({
    ok: true,
    body: await shown(deps, principal),
  })),

  endpoint(routes.stopSending, async ({ deps, principal }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    const stopped = await stopSending(deps.db, { at: deps.clock(), by: principal.owner });
    if (stopped) deps.logger.warn('sending_stopped', { by: principal.kind });
    return { ok: true, body: await shown(deps, principal) };
  }),

  endpoint(routes.resumeSending, async ({ deps, principal }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    if (await resumeSending(deps.db)) {
      deps.logger.warn('sending_resumed', { by: principal.kind });
      deps.wakeUp.wake('deliveries');
    }
    return { ok: true, body: await shown(deps, principal) };
  }),
];

async function shown({ db }: Pick<ApiDeps, 'db'>, { isAdmin }: Pick<Principal, 'isAdmin'>) {
  const stop = await sendingStop(db);
  return {
    stopped: stop !== null,
    since: isoTimeOrNull(stop?.at ?? null),
    stopped_by: isAdmin ? (stop?.by ?? null) : null,
  };
}
