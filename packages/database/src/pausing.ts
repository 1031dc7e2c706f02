/**
 * Agents that are paused: their mail is taken, and its jobs wait in a state of their own until the agent goes on. Making a
 * job and changing this happen under the lock of the agent, so that a job is never left behind. One that was running is
 * put back as any other, and parked when somebody would claim it.
 */
import { sql } from 'kysely';
import { transact } from './locks.ts';
import type { Database } from './schema/index.ts';
import { changed, countRows, rowsChanged } from './statements.ts';

/** Lets the agent's mail wait from now on (epoch ms); a turn that runs goes on to its end. False: no such agent. */
export async function pauseAgent(db: Database, agentId: string, now: number): Promise<boolean> {
  return await transact(db, [`agent:${agentId}`], async (tx) => {
    const mark = tx
      .updateTable('agents')
      .set((agent) => ({ paused_at: agent.fn.coalesce('paused_at', sql.val(now)) }));
    if (!(await changed(mark.where('id', '=', agentId).where('deleted_at', 'is', null)))) return false;
    await park(tx, agentId);
    return true;
  });
}

/**
 * Lets the agent go on: what waited is due now, in order of arrival. Gives how many jobs that were; null: no such agent.
 */
export async function resumeAgent(db: Database, agentId: string, now: number): Promise<number | null> {
  return await transact(db, [`agent:${agentId}`], async (tx) => {
    const mark = tx.updateTable('agents').set({ paused_at: null });
    const isThere = await changed(mark.where('id', '=', agentId).where('deleted_at', 'is', null));
    return !isThere ? null : await unparkJobs(tx, agentId, now);
  });
}

/** Makes the jobs of an agent that is still paused wait for it; for a worker that found one. */
export async function parkJobs(db: Database, agentId: string): Promise<void> {
  await transact(db, [`agent:${agentId}`], async (tx) => {
    if (await isPaused(tx, agentId)) await park(tx, agentId);
  });
}

/** Whether an agent is paused; to be asked under its lock by whoever then makes a job. */
export async function isPaused(db: Database, agentId: string): Promise<boolean> {
  const agent = await db
    .selectFrom('agents')
    .select('paused_at')
    .where('id', '=', agentId)
    .executeTakeFirst();
  return agent !== undefined && agent.paused_at !== null;
}

/** How many jobs of an agent wait because it is paused. */
export async function countPaused(db: Database, agentId: string): Promise<number> {
  return await countRows(
    db.selectFrom('jobs').where('agent_id', '=', agentId).where('state', '=', sql.lit('paused')),
  );
}

/** But those whose end somebody asked for, which take no turn. */
async function park(tx: Database, agentId: string): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({ state: 'paused' })
    .where('agent_id', '=', agentId)
    .where('state', '=', sql.lit('ready'))
    .where('stop_asked_at', 'is', null)
    .execute();
}

/** Inside a transaction that holds the agent's lock. Due at `now` at the earliest: how long a job waited paused is no delay. */
export async function unparkJobs(tx: Database, agentId: string, now: number): Promise<number> {
  return await rowsChanged(
    tx
      .updateTable('jobs')
      .set((job) => ({
        state: 'ready',
        run_at: job.case().when('run_at', '<', now).then(now).else(job.ref('run_at')).end(),
        scheduled_at: now,
      }))
      .where('agent_id', '=', agentId)
      .where('state', '=', sql.lit('paused')),
  );
}
