/**
 * Open requests to sign in, and what is counted of them. Invariant: there is one request for each address, so a newer
 * one ends the older; whoever takes it (deletes the row) is the only one that does.
 */
import type { SignInAttemptKind, SignInRequest } from './schema.ts';
import type { Database } from './sqlite.ts';

/** Puts the request in the place of any older one of its address, and removes those of others that have expired. */
export async function putSignInRequest(db: Database, request: SignInRequest): Promise<void> {
  await db.deleteFrom('sign_in_requests').where('expires_at', '<=', request.created_at).execute();
  const { address, ...rest } = request;
  await db
    .insertInto('sign_in_requests')
    .values({ address, ...rest })
    .onConflict((conflict) => conflict.column('address').doUpdateSet(rest))
    .execute();
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

/** Takes the request away; true for the one caller that did. */
export async function takeSignInRequest(db: Database, id: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('sign_in_requests')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return gone !== undefined;
}

/** Counts one more code tried; false when that would be more than `most`, or the request is gone. */
export async function countTry(db: Database, id: string, most: number): Promise<boolean> {
  const row = await db
    .updateTable('sign_in_requests')
    .set((set) => ({ tries: set('tries', '+', 1) }))
    .where('id', '=', id)
    .where('tries', '<', most)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** At most `most` of a kind for a subject within the last `windowMs`. */
export interface AttemptLimit {
  kind: SignInAttemptKind;
  subject: string;
  most: number;
  windowMs: number;
}

const KEPT_MS = 24 * 3_600_000;

/**
 * Notes an attempt for each subject at `now`, if none of the limits is reached; else gives the first that is and notes
 * nothing. In one transaction: two at once can't both be the last one.
 */
export async function noteAttempt(
  db: Database,
  limits: readonly AttemptLimit[],
  now: number,
): Promise<AttemptLimit | null> {
  return await db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('sign_in_attempts')
      .where('at', '<=', now - KEPT_MS)
      .execute();
    for (const limit of limits) {
      const { count } = await tx
        .selectFrom('sign_in_attempts')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('kind', '=', limit.kind)
        .where('subject', '=', limit.subject)
        .where('at', '>', now - limit.windowMs)
        .executeTakeFirstOrThrow();
      if (count >= limit.most) return limit;
    }
    const noted = new Map(
      limits.map(({ kind, subject }) => [`${kind} ${subject}`, { kind, subject, at: now }]),
    );
    await tx
      .insertInto('sign_in_attempts')
      .values([...noted.values()])
      .execute();
    return null;
  });
}
