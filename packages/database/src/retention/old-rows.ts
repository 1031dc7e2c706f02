/** Rows without stored bytes whose time is over. Each function looks at, or deletes, those older than `before` (epoch ms). */
import { sql } from 'kysely';
import type { Database } from '../schema/index.ts';
import { rowsChanged } from '../statements.ts';

const DAY_MS = 24 * 3_600_000;

/** How many events of providers have ended so long ago. */
export async function countOldEvents(db: Database, before: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from webhook_events where ${endedBefore(before)}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Deletes at most `limit` of them. Gives how many, and the keys of messages that came along and were never taken. */
export async function deleteOldEvents(
  db: Database,
  before: number,
  limit: number,
): Promise<{ deleted: number; rawKeys: string[] }> {
  const { rows } = await sql<{ raw_key: string | null }>`
    delete from webhook_events where seq in (
      select seq from webhook_events where ${endedBefore(before)} order by finished_at, seq limit ${limit}
    ) returning raw_key`.execute(db);
  return {
    deleted: rows.length,
    rawKeys: rows.flatMap(({ raw_key }) => (raw_key === null ? [] : [raw_key])),
  };
}

/** Without the rows of received mails that a reading of the provider's list may still meet: it would take them again. */
function endedBefore(before: number) {
  return sql`state in ('done', 'failed') and finished_at < ${before} and (
    kind <> 'received'
    or not exists (select 1 from provider_cursors where mark - ${DAY_MS} < webhook_events.created_at))`;
}

/** How many attempts and requests to sign in, and sessions of browsers, are over since then. */
export async function countOldSignIns(db: Database, before: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`select
    (select count(*) from sign_in_attempts where at < ${before})
    + (select count(*) from sign_in_requests where expires_at < ${before})
    + (select count(*) from oidc_requests where expires_at < ${before})
    + (select count(*) from account_sessions where expires_at < ${isoTime(before)}) as count`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Deletes them all; there are few, because signing in deletes what has expired as well. Gives how many. */
export async function deleteOldSignIns(db: Database, before: number): Promise<number> {
  return (
    (await rowsChanged(db.deleteFrom('sign_in_attempts').where('at', '<', before))) +
    (await rowsChanged(db.deleteFrom('sign_in_requests').where('expires_at', '<', before))) +
    (await rowsChanged(db.deleteFrom('oidc_requests').where('expires_at', '<', before))) +
    (await rowsChanged(db.deleteFrom('account_sessions').where('expires_at', '<', isoTime(before))))
  );
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** Ids of all agents, deleted ones too, in order, behind one of them. */
export async function agentIdsAfter(db: Database, after: string, limit: number): Promise<string[]> {
  const rows = db.selectFrom('agents').select('id').where('id', '>', after).orderBy('id').limit(limit);
  return (await rows.execute()).map(({ id }) => id);
}
