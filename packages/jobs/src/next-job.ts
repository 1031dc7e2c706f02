/** Which job comes next: fair between owners, first in first out within an agent. */
import { type Database, skipLocked } from '@tinyfat/database';
import { sql } from 'kysely';

/** A job that may be claimed. */
interface NextJob {
  seq: number;
  agentId: string;
  /** Of its agent; canonical address. */
  owner: string;
  /** Since when its agent is paused, epoch ms; null: it is not, or the job is only to be ended, so that it may run. */
  pausedAt: number | null;
}

/**
 * The first job that waits of each agent, called `next`, of those that are due and whose agent has none running. States are
 * literals: with bound ones SQLite does not use the partial indexes (sqlite.org/partialindex.html).
 */
const heads = sql`(select agent_id, min(seq) as seq from jobs where state = 'ready' group by agent_id) as head
  join jobs as next on next.seq = head.seq`;
const canRun = (now: number) => sql`next.state = 'ready' and next.run_at <= ${now}
  and not exists (select 1 from jobs as other where other.agent_id = next.agent_id and other.state = 'running')`;

/** Whether there is a job that `nextJob` would give: a look that ends with the first one. */
export async function hasNextJob(db: Database, now: number): Promise<boolean> {
  const { rows } = await sql`select 1 from ${heads} where ${canRun(now)} limit 1`.execute(db);
  return rows.length > 0;
}

/**
 * The first job of some agent that has none running, of the owner who was served least recently. An owner with `most`
 * running jobs comes after all others. With `lock` the row is locked, and rows that others are claiming are left out.
 */
export async function nextJob(
  db: Database,
  now: number,
  most: number,
  locking: 'lock' | null = null,
): Promise<NextJob | undefined> {
  const { rows } = await sql<NextJob>`
    select next.seq as seq, next.agent_id as ${sql.ref('agentId')}, agents.owner as owner,
      case when next.stop_asked_at is null then agents.paused_at end as ${sql.ref('pausedAt')}
    from ${heads}
    join agents on agents.id = next.agent_id
    left join served_owners as served on served.owner = agents.owner
    left join (
      select holder.owner as owner, count(*) as jobs from jobs as running
      join agents as holder on holder.id = running.agent_id
      where running.state = 'running' group by holder.owner
    ) as busy on busy.owner = agents.owner
    where ${canRun(now)}
    order by case when coalesce(busy.jobs, 0) >= ${most} then 1 else 0 end, coalesce(served.turn, 0),
      next.run_at, next.seq
    limit 1 ${locking === 'lock' ? skipLocked(db) : sql``}`.execute(db);
  return rows[0];
}

/**
 * Notes that an owner was served now, inside the transaction of the claim. Two at once may get the same turn, which is
 * harmless: then the time of their jobs decides between them.
 */
export async function noteServed(tx: Database, owner: string): Promise<void> {
  await sql`insert into served_owners (owner, turn)
    values (${owner}, (select coalesce(max(turn), 0) + 1 from served_owners))
    on conflict (owner) do update set turn = excluded.turn`.execute(tx);
}
