/** People who have signed in, for the command line and the pages. Addresses are canonical. */
import type { Database } from './schema/index.ts';
import { changed, rowsChanged } from './statements.ts';

/** One person with how many browsers are signed in. Times in epoch ms. */
interface AccountLine {
  address: string;
  createdAt: number;
  sessions: number;
  /** Of the newest session; null where there is none. */
  lastSignIn: number | null;
}

/** Everybody who has signed in once, by address, without the sessions that have expired at `now`. */
export async function listAccounts(db: Database, now: number): Promise<AccountLine[]> {
  const rows = await db
    .selectFrom('account_users as user')
    .leftJoin('account_sessions as session', (join) =>
      join
        .onRef('session.user_id', '=', 'user.id')
        .on('session.expires_at', '>', new Date(now).toISOString()),
    )
    .select(['user.email', 'user.created_at'])
    .select((select) => [
      select.fn.count<number>('session.id').as('sessions'),
      select.fn.max('session.created_at').as('last'),
    ])
    .groupBy('user.id')
    .orderBy('user.email')
    .execute();
  return rows.map((row) => ({
    address: row.email,
    createdAt: Date.parse(row.created_at),
    sessions: row.sessions,
    lastSignIn: row.last === null ? null : Date.parse(row.last),
  }));
}

/** Ends every session of a person; gives how many rows went, or null where nobody has that address. */
export async function endSessions(db: Database, address: string): Promise<number | null> {
  const user = await db
    .selectFrom('account_users')
    .select('id')
    .where('email', '=', address)
    .executeTakeFirst();
  if (!user) return null;
  return await rowsChanged(db.deleteFrom('account_sessions').where('user_id', '=', user.id));
}

/** Removes sessions that have expired. */
export async function removeExpiredSessions(db: Database, now: number): Promise<void> {
  await db.deleteFrom('account_sessions').where('expires_at', '<', new Date(now).toISOString()).execute();
}

/** A browser that is signed in. */
export interface AccountSession {
  id: string;
  /** As the browser named itself at its sign-in; empty where that is not known. */
  userAgent: string;
  createdAt: number;
  /** When it was lengthened last, which is once a day; epoch ms as the others. */
  seenAt: number;
  expiresAt: number;
}

/** The newest sessions of a person that have not expired at `now`, at most `limit`. */
export async function sessionsOf(
  db: Database,
  address: string,
  { now, limit }: { now: number; limit: number },
): Promise<AccountSession[]> {
  const rows = await ownSessions(db, address)
    .select(['id', 'user_agent', 'created_at', 'updated_at', 'expires_at'])
    .where('expires_at', '>', new Date(now).toISOString())
    .orderBy('updated_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    userAgent: row.user_agent ?? '',
    createdAt: Date.parse(row.created_at),
    seenAt: Date.parse(row.updated_at),
    expiresAt: Date.parse(row.expires_at),
  }));
}

/** Ends one session of a person; false where they have none of this id. */
export async function endSession(db: Database, address: string, id: string): Promise<boolean> {
  const own = ownSessions(db, address).select('id').where('id', '=', id);
  return await changed(db.deleteFrom('account_sessions').where('id', 'in', own));
}

/** Ends all sessions of a person but one; gives how many. */
export async function endOtherSessions(db: Database, address: string, kept: string): Promise<number> {
  const others = ownSessions(db, address).select('id').where('id', '<>', kept);
  return await rowsChanged(db.deleteFrom('account_sessions').where('id', 'in', others));
}

function ownSessions(db: Database, address: string) {
  const user = db.selectFrom('account_users').select('id').where('email', '=', address);
  return db.selectFrom('account_sessions').where('user_id', 'in', user);
}
