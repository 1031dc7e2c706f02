/** The owner whom a request is about: the principal, or for admins anybody. */
import { canonicalAddress } from '@tinyfat/core';
import { type Refusal, refuse } from './answer.ts';
import type { Principal } from './principal.ts';

/** The owner whom the request names, else the principal. */
export function chosenOwner(
  principal: Principal,
  named: string | undefined,
): { ok: true; owner: string } | Refusal {
  if (named === undefined) {
    return principal.owner === null
      ? refuse('invalid_request', '"owner" is missing; write an e-mail address such as you@example.com.')
      : { ok: true, owner: principal.owner };
  }
  const parsed = canonicalAddress(named.trim());
  if (!parsed.ok) return refuse('invalid_request', `"owner": ${parsed.reason}`);
  if (!principal.isAdmin && parsed.address !== principal.owner) {
    return refuse('not_permitted', 'Only admins may name another owner.');
  }
  return { ok: true, owner: parsed.address };
}

/** Whose rows a list shows: the same, but for an admin who names nobody everybody's (null). */
export function listedOwner(
  principal: Principal,
  named: string | undefined,
): { ok: true; owner: string | null } | Refusal {
  return named === undefined && principal.isAdmin ? { ok: true, owner: null } : chosenOwner(principal, named);
}
