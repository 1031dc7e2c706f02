/** What came to its end since a moment, for the gauges of a runtime that counts nothing in memory. Read by indexes of time. */
import { sql } from 'kysely';
import type { Database } from './schema/index.ts';
import { type UsageRow, usageBy } from './usage.ts';

/** Models that are counted apart. */
const MOST_MODELS = 200;

export interface RecentTotals {
  /** Mails that came, one for each agent addressed. */
  mails: { via: string; verdict: string; count: number }[];
  /** Runs that began and came to their end; `code` is null where there was no error. */
  runs: { kind: string; status: string; code: string | null; count: number; seconds: number }[];
  /** What turns that began have used, by model; empty for turns that reached none. */
  usage: UsageRow[];
}

/** Counts from `since` up to, but without, `now`; epoch ms. */
export async function recentTotals(db: Database, since: number, now: number): Promise<RecentTotals> {
  const mails = await db
    .selectFrom('mails')
    .select(({ fn }) => ['via', 'verdict', fn.countAll<number>().as('count')])
    .where('received_at', '>=', since)
    .groupBy(['via', 'verdict'])
    .orderBy('via')
    .orderBy('verdict')
    .execute();
  const runs = await db
    .selectFrom('runs')
    .select(({ fn }) => [
      'kind',
      'status',
      'error_code as code',
      fn.countAll<number>().as('count'),
      sql<number>`sum(finished_at - started_at)`.as('ms'),
    ])
    .where('started_at', '>=', since)
    .where('finished_at', 'is not', null)
    .groupBy(['kind', 'status', 'error_code'])
    .orderBy('kind')
    .orderBy('status')
    .orderBy('error_code')
    .execute();
  return {
    mails,
    runs: runs.map(({ ms, ...run }) => ({ ...run, seconds: ms / 1000 })),
    usage: await usageBy(db, {
      owner: null,
      agentId: null,
      from: since,
      to: now,
      by: 'model',
      limit: MOST_MODELS,
    }),
  };
}
