/** What was begun because of one mail. */
import { sql } from 'kysely';
import type { Database, Job, Run } from './schema/index.ts';

/** More than a mail ever has. */
const MOST = 50;

/** The jobs and runs of a mail, in the order in which they began. */
export async function workOnMail(db: Database, mailId: string): Promise<{ jobs: Job[]; runs: Run[] }> {
  const jobs = await db
    .selectFrom('jobs')
    .selectAll()
    .where('mail_id', '=', mailId)
    .limit(sql.lit(MOST))
    .execute();
  const runs = await db
    .selectFrom('runs')
    .selectAll()
    .where('mail_id', '=', mailId)
    .limit(sql.lit(MOST))
    .execute();
  return {
    jobs: jobs.sort((one, other) => one.seq - other.seq),
    runs: runs.sort((one, other) => one.started_at - other.started_at),
  };
}
