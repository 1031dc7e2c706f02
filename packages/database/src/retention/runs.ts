/** The record of what retention removed. */
import type { RetentionReport } from '@tinyfat/core';
import type { Database, RetentionRun } from '../schema/index.ts';
import { changed } from '../statements.ts';

const DAY_MS = 24 * 3_600_000;
/** Reports of more than a year go with the next run. */
const RECORDED_MS = 400 * DAY_MS;

/** Begins the run of today (UTC); false where a process has begun it already. */
export async function beginDailyRun(db: Database, run: { id: string; now: number }): Promise<boolean> {
  return await begin(db, run, Math.floor(run.now / DAY_MS));
}

/** Begins a run that somebody asked for. */
export async function beginRun(db: Database, run: { id: string; now: number }): Promise<void> {
  await begin(db, run, null);
}

async function begin(
  db: Database,
  { id, now }: { id: string; now: number },
  day: number | null,
): Promise<boolean> {
  await db
    .deleteFrom('retention_runs')
    .where('started_at', '<', now - RECORDED_MS)
    .execute();
  const row = { id, day, started_at: now, finished_at: null, report: '{}' };
  const insert = db.insertInto('retention_runs').values(row);
  return await changed(insert.onConflict((conflict) => conflict.doNothing()));
}

/** Writes how far a run has come; `finishedAt` (epoch ms) ends it. */
export async function recordRun(
  db: Database,
  id: string,
  report: RetentionReport,
  finishedAt: number | null,
): Promise<void> {
  await db
    .updateTable('retention_runs')
    .set({ report: JSON.stringify(report), finished_at: finishedAt })
    .where('id', '=', id)
    .execute();
}

/** The newest run that came to its end; undefined before the first. */
export async function lastRun(
  db: Database,
): Promise<(Omit<RetentionRun, 'report'> & { report: RetentionReport }) | undefined> {
  const row = await db
    .selectFrom('retention_runs')
    .selectAll()
    .where('finished_at', 'is not', null)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { ...row, report: JSON.parse(row.report) };
}
