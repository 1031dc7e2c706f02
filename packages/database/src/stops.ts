/** Runs whose end somebody asked for: it stands in the row of the job, where whoever works on it looks. */
import { sql } from 'kysely';
import type { Database } from './schema/index.ts';

/**
 * Asks for the end of a job; who asked first stays on record. One that waits is due at once, also where its agent is
 * paused. False, and nothing is changed,
 * where it has ended. `at`: epoch ms; `by`: an owner's address, or `operator`.
 */
export async function askToStop(
  db: Database,
  jobId: string,
  { at, by }: { at: number; by: string },
): Promise<boolean> {
  const { rows } = await sql`update jobs set
      stop_asked_by = case when stop_asked_at is null then ${by} else stop_asked_by end,
      stop_asked_at = coalesce(stop_asked_at, ${at}),
      run_at = case when state <> 'running' and run_at > ${at} then ${at} else run_at end,
      state = case when state = 'paused' then 'ready' else state end
    where id = ${jobId} and state in ('ready', 'paused', 'running') returning id`.execute(db);
  return rows.length > 0;
}

/** Which of these jobs somebody asked to stop; at most as many as fit into a statement. */
export async function stopsAsked(db: Database, jobIds: readonly string[]): Promise<Set<string>> {
  if (jobIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('jobs')
    .select('id')
    .where('id', 'in', jobIds)
    .where('stop_asked_at', 'is not', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
