/** All that is on record about one agent, to be read elsewhere: a page of rows at a time, in order of their ids. */
import type { Database } from './schema/index.ts';

/** Tables with rows of an agent that tell what it did. */
export const HISTORY_TABLES = ['mails', 'runs', 'deliveries'] as const;

/** Rows of the agent with ids behind `after`; from the beginning on behind ''. */
export async function historyAfter(
  db: Database,
  table: (typeof HISTORY_TABLES)[number],
  { agentId, after, limit }: { agentId: string; after: string; limit: number },
): Promise<{ id: string }[]> {
  return await db
    .selectFrom(table)
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}
