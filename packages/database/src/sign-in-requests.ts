/**
 * Open requests to sign in. Invariant: there is one for each address, so a newer one ends the older; only one caller
 * takes it, by deleting the row.
 */
import { sql } from 'kysely';
import { claimNext, firstDue, type LeasedTable } from './leased-rows.ts';
import type { Database, SignInMailState, SignInRequest } from './schema/index.ts';
import { changed, rowsChanged } from './statements.ts';

const SIGN_IN_MAILS: LeasedTable = {
  name: 'sign_in_requests',
  key: 'id',
  state: 'mail_state',
  attempts: 'mail_attempts',
  due: 'mail_next_at',
};

/** Puts the request in the place of any older one of its address, and removes those of others that have expired. */
export async function putSignInRequest(db: Database, request: SignInRequest): Promise<void> {
  const { address, ...rest } = request;
  await db.transaction().execute(async (tx) => {
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

/** Claims one mail that is due and still worth sending; its attempt is counted. */
export async function claimSignInMail(db: Database, now: number): Promise<SignInRequest | undefined> {
  return await claimNext<SignInRequest>(db, SIGN_IN_MAILS, {
    now,
    set: sql`mail_state = 'sending'`,
    only: sql`expires_at > ${now}`,
    orderBy: 'created_at',
  });
}

/** When the next mail is due, epoch ms; null when none waits. */
export async function nextSignInMailDue(db: Database, now: number): Promise<number | null> {
  return await firstDue(db, SIGN_IN_MAILS, sql`mail_state = 'pending' and expires_at > ${now}`);
}

/** Writes what became of a try; nothing where the request is over by now. */
export async function settleSignInMail(
  db: Database,
  id: string,
  end: { mail_state: Exclude<SignInMailState, 'none' | 'sending'>; mail_next_at: number },
): Promise<void> {
  await db
    .updateTable('sign_in_requests')
    .set(end)
    .where('id', '=', id)
    .where('mail_state', '=', 'sending')
    .execute();
}

/**
 * At a start: mails that a crash cut off in the middle of a try are sent again where the provider folds repeats, else
 * they count as failed. Gives how many there were.
 */
export async function recoverSignInMails(db: Database, idempotent: boolean): Promise<number> {
  const cut = db.updateTable('sign_in_requests').where('mail_state', '=', 'sending');
  return await rowsChanged(cut.set({ mail_state: idempotent ? 'pending' : 'failed' }));
}
