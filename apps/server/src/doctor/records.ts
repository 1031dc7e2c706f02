/** What the checks need of the database, read once. */
import { type Database, failingDeliveries, listAgents, listProviderKeys } from '@tinyfat/database';
import { lookIntoSqlite } from '@tinyfat/database/sqlite';
import { wordsOf } from './finding.ts';

/** The content of the database, or why it is unknown. */
export type Records =
  | { state: 'open'; agents: number; owners: number; keyOwners: number; failing: Failing | null }
  | { state: 'absent' }
  | { state: 'closed'; cause: 'unfinished' | 'newer' | 'older' | 'half_copied' | 'unreadable'; why: string };

/** Mail that waits after failed tries. */
type Failing = NonNullable<Awaited<ReturnType<typeof failingDeliveries>>>;

/** Looks at the file once. Never rejects. */
export async function readRecords(path: string): Promise<Records> {
  let opened: Database | null = null;
  try {
    const look = lookIntoSqlite(path);
    if (look.state !== 'open') return look;
    opened = look.db;
    const agents = await listAgents(opened);
    const keys = await listProviderKeys(opened, null);
    return {
      state: 'open',
      agents: agents.length,
      owners: new Set(agents.map(({ owner }) => owner)).size,
      keyOwners: new Set(keys.map(({ owner }) => owner)).size,
      failing: await failingDeliveries(opened),
    };
  } catch (error) {
    const why = wordsOf(error);
    if (!/no such (table|column)/.test(why)) return { state: 'closed', cause: 'unreadable', why };
    const older = 'It is of an older version; the next start brings it up to date.';
    return { state: 'closed', cause: 'older', why: older };
  } finally {
    await opened?.destroy();
  }
}
