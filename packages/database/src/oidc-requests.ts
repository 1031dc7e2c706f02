/** Browsers on their way to the OpenID provider. Invariant: a state is taken once, in the browser that began. */
import type { Database, OidcRequest } from './schema/index.ts';

/** Stores the request, and removes those whose time is over. `now`: epoch ms. */
export async function putOidcRequest(db: Database, request: OidcRequest, now: number): Promise<void> {
  await db.deleteFrom('oidc_requests').where('expires_at', '<=', now).execute();
  await db.insertInto('oidc_requests').values(request).execute();
}

/** Takes the request of this state and browser away, if its time is not over; undefined for every later caller. */
export async function takeOidcRequest(
  db: Database,
  { state_sha256, browser_sha256 }: Pick<OidcRequest, 'state_sha256' | 'browser_sha256'>,
  now: number,
): Promise<OidcRequest | undefined> {
  return await db
    .deleteFrom('oidc_requests')
    .where('state_sha256', '=', state_sha256)
    .where('browser_sha256', '=', browser_sha256)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst();
}
