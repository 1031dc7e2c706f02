/** People who have signed in, for the command line and the pages. Addresses are canonical. */
import type { Database } from './schema/index.ts';
import { rowsChanged } from './statements.ts';

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
