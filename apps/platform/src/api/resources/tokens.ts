import {
  type ApiToken,
  apiTokensNamed,
  countLiveApiTokens,
  insertApiToken,
  listApiTokens,
  revokeApiToken,
  transact,
} from '@tinyfat/database';
import { type Refusal, refuse, removed } from '../answer.ts';
import { newToken, readScopes, tokenHash } from '../authenticate.ts';
import { pageFrom } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import { chosenOwner, listedOwner } from '../owner.ts';
import type { Principal } from '../principal.ts';
import * as routes from '../routes/tokens.ts';
import { oneNamed } from '../visible.ts';

const DAY_MS = 86_400_000;
const MAX_LIVE_TOKENS = 100;

export const tokenEndpoints = [
  endpoint(routes.listTokens, async ({ deps, principal, query }) => {
    const of = listedOwner(principal, query.owner);
    if (!of.ok) return of;
    return await pageFrom(
      query,
      (page) => listApiTokens(deps.db, of.owner, page),
      ({ created_at, id }) => ({ at: created_at, id }),
      shown,
    );
  }),

  endpoint(routes.createToken, async ({ deps, principal, body }) => {
    const of = chosenOwner(principal, body.owner);
    if (!of.ok) return of;
    const scopes = [...new Set(body.scopes)];
    const missing = scopes.find((scope) => !principal.scopes.has(scope));
    if (missing !== undefined) {
      return refuse('scope_missing', `Only who has the scope ${missing} can give it away.`);
    }
    const now = deps.clock();
    const end = endOfToken(principal, body.expires_in_days, now);
    if (!end.ok) return end;
    const token = newToken(deps.randomBytes);
    const row = {
      id: deps.makeId(),
      owner: of.owner,
      name: body.name,
      token_sha256: await tokenHash(token),
      last_four: token.slice(-4),
      scopes: JSON.stringify(scopes),
      created_at: now,
      expires_at: end.at,
    };
    const fits = await transact(deps.db, [`owner:${of.owner}`], async (tx) => {
      if ((await countLiveApiTokens(tx, of.owner, now)) >= MAX_LIVE_TOKENS) return false;
      await insertApiToken(tx, row);
      return true;
    });
    if (!fits) {
      return refuse('conflict', `There are ${MAX_LIVE_TOKENS} tokens of this owner; revoke one first.`);
    }
    return { ok: true, body: { ...shown({ ...row, last_used_at: null, revoked_at: null }), token } };
  }),

  endpoint(routes.revokeToken, async ({ deps, principal, params }) => {
    const owner = principal.isAdmin ? null : principal.owner;
    const named = oneNamed(await apiTokensNamed(deps.db, owner, params.id), params.id);
    if (!named.ok) return named;
    const done = await revokeApiToken(deps.db, named.row.id, owner, deps.clock());
    return removed(done);
  }),
];

/** Epoch ms; null = never, which only the operator may give. Nobody's token outlives the one that made it. */
function endOfToken(
  principal: Principal,
  days: number | null | undefined,
  now: number,
): { ok: true; at: number | null } | Refusal {
  if (days === null) {
    return principal.kind === 'operator'
      ? { ok: true, at: null }
      : refuse('not_permitted', 'A token without an end can be made on the machine itself only.');
  }
  const at = now + (days ?? routes.DEFAULT_TOKEN_DAYS) * DAY_MS;
  const most = principal.kind === 'token' ? principal.expiresAt : null;
  if (most === null || at <= most) return { ok: true, at };
  return days === undefined
    ? { ok: true, at: most }
    : refuse('not_permitted', `A token can't outlive the one that makes it, which ends ${isoTime(most)}.`);
}

function shown(row: ApiToken) {
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    last_four: row.last_four,
    scopes: readScopes(row.scopes),
    created_at: isoTime(row.created_at),
    expires_at: isoTimeOrNull(row.expires_at),
    last_used_at: isoTimeOrNull(row.last_used_at),
    revoked_at: isoTimeOrNull(row.revoked_at),
  };
}
