import { alertsOf, setAlerts } from '@tinyfat/database';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import { chosenOwner } from '../owner.ts';
import * as routes from '../routes/alerts.ts';

export const alertEndpoints = [
  endpoint(routes.getAlerts, async ({ deps, principal, query }) => {
    const of = chosenOwner(principal, query.owner);
    return of.ok ? { ok: true, body: await shown(deps, of.owner) } : of;
  }),

  endpoint(routes.putAlerts, async ({ deps, principal, query, body }) => {
    const of = chosenOwner(principal, query.owner);
    if (!of.ok) return of;
    await setAlerts(deps.db, of.owner, body, deps.clock());
    return { ok: true, body: await shown(deps, of.owner) };
  }),
];

async function shown({ db }: Pick<ApiDeps, 'db'>, owner: string) {
  const { held, failed, budget, digest, since } = await alertsOf(db, owner);
  return { owner, held, failed, budget, digest, chosen_at: since === 0 ? null : isoTime(since) };
}
