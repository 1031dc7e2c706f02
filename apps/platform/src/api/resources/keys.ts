import { parseProviderKey, renderError } from '@tinyfat/core';
import { deleteProviderKey, findProviderKey, listProviderKeys, type ProviderKey } from '@tinyfat/database';
import { refuse, removed } from '../answer.ts';
import { whole } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import { chosenOwner, listedOwner } from '../owner.ts';
import * as routes from '../routes/keys.ts';

export const keyEndpoints = [
  endpoint(routes.listKeys, async ({ deps, principal, query }) => {
    const of = listedOwner(principal, query.owner);
    if (!of.ok) return of;
    return { ok: true, body: whole((await listProviderKeys(deps.db, of.owner)).map(shown)) };
  }),

  endpoint(routes.putKey, async ({ deps, principal, params, query, body }) => {
    const of = chosenOwner(principal, query.owner);
    if (!of.ok) return of;
    const parsed = parseProviderKey(body.key);
    if (!parsed.ok) return refuse('invalid_request', `"key": ${parsed.reason}`);
    const { owner } = of;
    const { provider } = params;
    const stored = await deps.storeKey({
      owner,
      provider,
      key: parsed.key,
      lastFour: parsed.lastFour,
    });
    if (!stored.ok) {
      // The detail names paths and commands of the machine: it is for the operator alone.
      if (principal.kind === 'operator')
        return refuse('server_fault', renderError(stored.code, stored.detail));
      deps.logger.error('key_not_stored', { code: stored.code, detail: stored.detail });
      return refuse('server_fault', 'The key could not be sealed, so it was not stored.');
    }
    const row = await findProviderKey(deps.db, owner, provider);
    return row ? { ok: true, body: { ...shown(row), replaced: stored.replaced } } : refuse('server_fault');
  }),

  endpoint(routes.deleteKey, async ({ deps, principal, params, query }) => {
    const of = chosenOwner(principal, query.owner);
    if (!of.ok) return of;
    const gone = await deleteProviderKey(deps.db, of.owner, params.provider);
    return removed(gone);
  }),
];

function shown({ owner, provider, last_four, created_at, last_used_at }: ProviderKey) {
  return {
    owner,
    provider,
    last_four,
    created_at: isoTime(created_at),
    last_used_at: isoTimeOrNull(last_used_at),
  };
}
