/** What the checks need of the database, read once. */
import { countOwners, type Database, failingDeliveries } from '@tinyfat/database';
import { lookIntoSqlite } from '@tinyfat/database/sqlite';
import { wordsOf } from './finding.ts';
import type { PostgresSeen } from './postgres.ts';

/** The content of the database, or why it is unknown. */
export type Records =
  | { state: 'open'; agents: number; owners: number; keyOwners: number; failing: Failing | null }
  | { state: 'absent' }
  | {
      state: 'closed';
      cause: 'unfinished' | 'newer' | 'older' | 'half_copied' | 'unreadable' | 'unreachable';
      why: string;
    };

/** Mail that waits after failed tries. */
type Failing = NonNullable<Awaited<ReturnType<typeof failingDeliveries>>>;

const NEWER = 'A newer version of this program has written it.';
const OLDER = 'It is of an older version; the next start brings it up to date.';

/** Looks at the file once. Never rejects. */
export async function readRecords(path: string): Promise<Records> {
  let opened: Database | null = null;
  try {
    const look = lookIntoSqlite(path);
    if (look.state !== 'open') return look;
    opened = look.db;
    return await readOpen(opened);
  } catch (error) {
    const why = wordsOf(error);
    if (!/no such (table|column)/.test(why)) return { state: 'closed', cause: 'unreadable', why };
    return { state: 'closed', cause: 'older', why: OLDER };
  } finally {
    await opened?.destroy();
  }
}

/** What a look at Postgres found; ends its connections. Never rejects. */
export async function readPostgresRecords(seen: NonNullable<PostgresSeen>): Promise<Records> {
  if ('error' in seen)
    return { state: 'closed', cause: 'unreachable', why: 'it can not be used: see postgres' };
  const { state, db } = seen.look;
  try {
    if (state === 'open') return await readOpen(db);
    if (state === 'empty') return { state: 'absent' };
    return { state: 'closed', cause: state, why: state === 'newer' ? NEWER : OLDER };
  } catch (error) {
    return { state: 'closed', cause: 'unreadable', why: wordsOf(error) };
  } finally {
    await db.destroy();
  }
}

/** What is in an open database. */
export async function readOpen(db: Database): Promise<Records> {
  return { state: 'open', ...(await countOwners(db)), failing: await failingDeliveries(db) };
}
