/**
 * Open requests to sign in. Invariant: there is one for each address, so a newer one ends the older; only one caller
 * takes it, by deleting the row.
 */
import { sql } from 'kysely';
import {
  type LeaseDeps,
  type LeasedRows,
  type LeasedTable,
  leasedRows,
  mailGivenBack,
  settleHeld,
} from './leased-rows.ts';
import { transact } from './locks.ts';
import type { Database, NewSignInRequest, SignInMailState, SignInRequest } from './schema/index.ts';
import { changed } from './statements.ts';

const SIGN_IN_MAILS: LeasedTable = {
  name: 'sign_in_requests',
  key: 'id',
  prefix: 'mail_',
  due: 'mail_next_at',
};

/** Puts the request in the place of any older one of its address, and removes those of others that have expired. */
export async function putSignInRequest(db: Database, request: NewSignInRequest): Promise<void> {
  const { address, ...given } = request;
  // Whoever sends the mail of the request before has lost it.
  const unheld = { mail_fence: 0, mail_leased_by: null, mail_lease_until: null };
  const rest = { ...given, ...unheld, mail_scheduled_at: given.created_at };
  await transact(db, [], async (tx) => {
    await tx.deleteFrom('sign_in_requests').where('expires_at', '<=', request.created_at).execute();
    await tx
      .insertInto('sign_in_requests')
      .values({ address, ...rest })
      .onConflict((conflict) => conflict.column('address').doUpdateSet(rest))
      .execute();
  });
}

/** The request whose link or browser has this SHA-256 (hex), if it has not expired. */
export async function findSignInRequest(
  db: Database,
  by: 'link_sha256' | 'browser_sha256',
  sha256: string,
  now: number,
): Promise<SignInRequest | undefined> {
  return await db
    .selectFrom('sign_in_requests')
    .selectAll()
    .where(by, '=', sha256)
    .where('expires_at', '>', now)
    .executeTakeFirst();
}

/** Takes the request away if it has not expired; true for the one caller that did. */
export async function takeSignInRequest(db: Database, id: string, now: number): Promise<boolean> {
  return await changed(db.deleteFrom('sign_in_requests').where('id', '=', id).where('expires_at', '>', now));
}

/** Counts one more code tried, and gives how many that makes; null when they were `most` already, or it is gone. */
export async function countTry(db: Database, id: string, most: number): Promise<number | null> {
  const row = await db
    .updateTable('sign_in_requests')
    .set((set) => ({ tries: set('tries', '+', 1) }))
    .where('id', '=', id)
    .where('tries', '<', most)
    .returning('tries')
    .executeTakeFirst();
  return row?.tries ?? null;
}

/**
 * The mails as leased rows, as long as their links work. One whose sender died is sent again where the provider folds
 * repeats, else it counts as failed.
 */
export function signInMailRows(deps: LeaseDeps, idempotent: boolean): LeasedRows<SignInRequest> {
  return leasedRows<SignInRequest>(deps, SIGN_IN_MAILS, {
    heldOf,
    only: (now) => sql`expires_at > ${now}`,
    orderBy: ['mail_next_at', 'created_at'],
    giveBack: mailGivenBack(deps.db, SIGN_IN_MAILS, idempotent),
  });
}

/** Writes what became of a try; false where the lease was lost, or the request is over by now. `now`: epoch ms. */
export async function settleSignInMail(
  db: Database,
  request: Pick<SignInRequest, 'id' | 'mail_fence'>,
  end: { mail_state: Exclude<SignInMailState, 'none' | 'sending'>; mail_next_at: number },
  now: number,
): Promise<boolean> {
  return await settleHeld(db, SIGN_IN_MAILS, heldOf(request), end, now);
}

function heldOf({ id, mail_fence: fence }: Pick<SignInRequest, 'id' | 'mail_fence'>) {
  return { key: id, fence };
}
