/** Runs: what each accepted mail led to, with its figures. A run keeps its id over all its attempts. */
import { usdOf } from '@tinyfat/core';
import { sql } from 'kysely';
import { acknowledgeRun } from './attention.ts';
import type { Database, Run } from './schema/index.ts';

/** What is known when a run starts. */
interface RunStart {
  id: string;
  jobId: string;
  agentId: string;
  mailId: string;
  kind: 'turn' | 'command';
  command: string | null;
  at: number;
}

/** A run that does an old one again, before it begins. */
interface RunAgain extends Pick<RunStart, 'id' | 'jobId' | 'at'> {
  of: Run;
  /** What stands in the place of the sender's text; null = what the sender wrote. */
  editedText: string | null;
}

/** Figures at a run's end; only what is given is set. */
export type RunEnd = Partial<
  Omit<
    Run,
    | 'id'
    | 'job_id'
    | 'agent_id'
    | 'mail_id'
    | 'kind'
    | 'attempt'
    | 'started_at'
    | 'reserved_micro_usd'
    | 'again_of'
    | 'edited_text'
  >
> & {
  status: 'done' | 'failed';
  finished_at: number;
};

/** What a run has used that has not begun. */
const NOTHING_USED = {
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  cost_usd: 0,
  llm_requests: 0,
};

/**
 * Starts the run of a job, or its next attempt, counted here also after a stop that the job does not count. The row keeps
 * the id of the first attempt; of one that waited, its time is that of its beginning.
 */
export async function startRun(db: Database, run: RunStart): Promise<Run> {
  return await db
    .insertInto('runs')
    .values({
      id: run.id,
      job_id: run.jobId,
      agent_id: run.agentId,
      mail_id: run.mailId,
      kind: run.kind,
      command: run.command,
      attempt: 1,
      status: 'running',
      started_at: run.at,
      ...NOTHING_USED,
    })
    .onConflict((conflict) =>
      conflict.column('job_id').doUpdateSet((row) => ({
        attempt: row('runs.attempt', '+', 1),
        started_at: row
          .case()
          .when('runs.status', '=', 'waiting')
          .then(run.at)
          .else(row.ref('runs.started_at'))
          .end(),
        kind: run.kind,
        command: run.command,
        status: 'running',
        // What the attempt before had reserved was for requests that died with it.
        reserved_micro_usd: 0,
        acknowledged_at: null,
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Records a run that waits for its job, which does an old one again; the failure of that one needs nobody any more. */
export async function insertRunAgain(
  db: Database,
  { id, jobId, at, of, editedText }: RunAgain,
): Promise<void> {
  await db
    .insertInto('runs')
    .values({
      id,
      job_id: jobId,
      agent_id: of.agent_id,
      mail_id: of.mail_id,
      kind: of.kind,
      command: of.command,
      attempt: 0,
      status: 'waiting',
      started_at: at,
      ...NOTHING_USED,
      again_of: of.id,
      edited_text: editedText,
    })
    .execute();
  // From now on the new one tells how it goes.
  await acknowledgeRun(db, of.id, at);
}

/** Id of the newest run that does this one again, if any does. */
export async function newestAgain(db: Database, id: string): Promise<string | undefined> {
  const again = db.selectFrom('runs').select('id').where('again_of', '=', id);
  return (await again.orderBy('id', 'desc').limit(1).executeTakeFirst())?.id;
}

/** Notes what the turn of a run is about to use: from then on what lies in the agent's outbox was written in this run. */
export async function noteTurnBegins(
  db: Database,
  id: string,
  uses: { session_id: string; model: string; context_window?: number },
): Promise<void> {
  await db.updateTable('runs').set(uses).where('id', '=', id).execute();
}

/** Ends a run; what it had reserved of a budget is free again. */
export async function endRun(db: Database, id: string, end: RunEnd): Promise<void> {
  await db
    .updateTable('runs')
    .set({
      ...end,
      reserved_micro_usd: 0,
      // Who stopped it knows that it failed.
      ...(end.error_code === 'run_stopped' ? { acknowledged_at: end.finished_at } : {}),
    })
    .where('id', '=', id)
    .execute();
}

/** Adds what an attempt used since this was last called: tokens and cost add up over the attempts. */
export async function addUsage(
  db: Database,
  id: string,
  usage: {
    input: number;
    output: number;
    cacheRead: number;
    cacheWrite: number;
    costUsd: number;
    requests: number;
  },
): Promise<void> {
  await db
    .updateTable('runs')
    .set((row) => ({
      input_tokens: row('input_tokens', '+', usage.input),
      output_tokens: row('output_tokens', '+', usage.output),
      cache_read_tokens: row('cache_read_tokens', '+', usage.cacheRead),
      cache_write_tokens: row('cache_write_tokens', '+', usage.cacheWrite),
      cost_usd: row('cost_usd', '+', usage.costUsd),
      llm_requests: row('llm_requests', '+', usage.requests),
    }))
    .where('id', '=', id)
    .execute();
}

/** One run by its id. */
export async function runById(db: Database, id: string): Promise<Run | undefined> {
  return await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The newest run that a mail led to, if it came to one. */
export async function runOfMail(db: Database, mailId: string): Promise<Run | undefined> {
  const [newest] = await runsOfMail(db, mailId);
  return newest;
}

/** All runs that a mail led to, the newest first. */
export async function runsOfMail(db: Database, mailId: string): Promise<Run[]> {
  const runs = db.selectFrom('runs').selectAll().where('mail_id', '=', mailId);
  return await runs.orderBy('started_at', 'desc').orderBy('id', 'desc').execute();
}

/** The run of a job, if it came to one. */
export async function runOfJob(db: Database, jobId: string): Promise<Run | undefined> {
  return await db.selectFrom('runs').selectAll().where('job_id', '=', jobId).executeTakeFirst();
}

/** What the turns of an agent came to so far. */
interface AgentTotals {
  turns: number;
  tokens: number;
  costUsd: number;
}

/** The totals of one agent. */
export async function agentTotals(db: Database, agentId: string): Promise<AgentTotals> {
  return (await totalsOfAgents(db, [agentId])).get(agentId) ?? { turns: 0, tokens: 0, costUsd: 0 };
}

/** Totals of several agents, by id; one without turns is left out. At most as many as fit into a statement. */
export async function totalsOfAgents(
  db: Database,
  agentIds: readonly string[],
): Promise<Map<string, AgentTotals>> {
  if (agentIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('usage_hours')
    .select(({ fn }) => [
      'agent_id',
      fn.sum<number>('turns').as('turns'),
      fn.sum<number>('cost_micro_usd').as('microUsd'),
      sql<number>`sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens)`.as('tokens'),
    ])
    .where('agent_id', 'in', agentIds)
    .groupBy('agent_id')
    .execute();
  return new Map(
    rows.map(({ agent_id, microUsd, turns, tokens }) => [
      agent_id,
      { turns, tokens, costUsd: usdOf(microUsd) },
    ]),
  );
}

/** The newest finished turn of a session. */
export async function lastRunOfSession(
  db: Database,
  agentId: string,
  sessionId: string,
): Promise<Run | undefined> {
  return await db
    .selectFrom('runs')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('session_id', '=', sessionId)
    .where('finished_at', 'is not', null)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
