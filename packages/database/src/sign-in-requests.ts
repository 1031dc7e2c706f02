/**
 * Open requests to sign in. Invariant: there is one for each address, so a newer one ends the older; whoever takes it
 * (deletes the row) is the only one that does.
 */
import type { SignInMailState, SignInRequest } from './schema.ts';
import type { Database } from './sqlite.ts';

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
  const gone = await db
    .deleteFrom('sign_in_requests')
    .where('id', '=', id)
    .where('expires_at', '>', now)
    .returning('id')
    .executeTakeFirst();
  return gone !== undefined;
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

/** Takes up one mail that is due and still worth sending; its attempt is counted. */
export async function claimSignInMail(db: Database, now: number): Promise<SignInRequest | undefined> {
  return await db
    .updateTable('sign_in_requests')
    .set((set) => ({ mail_state: 'sending' as const, mail_attempts: set('mail_attempts', '+', 1) }))
    .where('id', '=', (select) =>
      select
        .selectFrom('sign_in_requests')
        .select('id')
        .where('mail_state', '=', 'pending')
        .where('mail_next_at', '<=', now)
        .where('expires_at', '>', now)
        .orderBy('created_at')
        .limit(1),
    )
    .returningAll()
    .executeTakeFirst();
}

/** When the next mail is due, epoch ms; null when none waits. */
export async function nextSignInMailDue(db: Database, now: number): Promise<number | null> {
  const row = await db
    .selectFrom('sign_in_requests')
    .select((select) => select.fn.min('mail_next_at').as('due'))
    .where('mail_state', '=', 'pending')
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row?.due ?? null;
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
  const rows = await db
    .updateTable('sign_in_requests')
    .set({ mail_state: idempotent ? 'pending' : 'failed' })
    .where('mail_state', '=', 'sending')
    .returning('id')
    .execute();
  return rows.length;
}
