/** Which session each agent goes on with. */
import { sql } from 'kysely';
import type { Database } from './schema/index.ts';
import { rowsChanged } from './statements.ts';

/** Id of the current session of a scope; undefined where none was begun or it was cleared. */
export async function currentSession(
  db: Database,
  agentId: string,
  scope: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('current_sessions')
    .select('session_id')
    .where('agent_id', '=', agentId)
    .where('scope', '=', scope)
    .executeTakeFirst();
  return row?.session_id;
}

/** Id of the current session of a scope; where there is none, this one becomes it. Two at once get the same. */
export async function openSession(
  db: Database,
  { agentId, scope, sessionId, at }: { agentId: string; scope: string; sessionId: string; at: number },
): Promise<string> {
  const row = await db
    .insertInto('current_sessions')
    .values({ agent_id: agentId, scope, session_id: sessionId, updated_at: at })
    .onConflict((conflict) => conflict.columns(['agent_id', 'scope']).doUpdateSet({ scope }))
    .returning('session_id')
    .executeTakeFirstOrThrow();
  return row.session_id;
}

/** Makes a session the current one of its scope. */
export async function setCurrentSession(
  db: Database,
  { agentId, scope, sessionId, at }: { agentId: string; scope: string; sessionId: string; at: number },
): Promise<void> {
  const current = { session_id: sessionId, updated_at: at };
  await db
    .insertInto('current_sessions')
    .values({ agent_id: agentId, scope, ...current })
    .onConflict((conflict) => conflict.columns(['agent_id', 'scope']).doUpdateSet(current))
    .execute();
}

/** What each scope of an agent goes on with. */
export async function sessionsByScope(
  db: Database,
  agentId: string,
): Promise<{ scope: string; session_id: string }[]> {
  return await db
    .selectFrom('current_sessions')
    .select(['scope', 'session_id'])
    .where('agent_id', '=', agentId)
    .orderBy('scope')
    .execute();
}

/** Which of these sessions are gone on with, and in which scopes; at most `most` scopes of all of them together. */
export async function scopesOfSessions(
  db: Database,
  agentId: string,
  sessionIds: readonly string[],
  most: number,
): Promise<Map<string, string[]>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('current_sessions')
    .select(['scope', 'session_id'])
    .where('agent_id', '=', agentId)
    .where('session_id', 'in', sessionIds)
    .orderBy('scope')
    .limit(most)
    .execute();
  const bySession = Map.groupBy(rows, (row) => row.session_id);
  return new Map([...bySession].map(([id, of]) => [id, of.map(({ scope }) => scope)]));
}

/** Lets every scope that goes on with one session go on with another; gives how many there were. */
export async function replaceCurrentSession(
  db: Database,
  { agentId, from, to, at }: { agentId: string; from: string; to: string; at: number },
): Promise<number> {
  return await rowsChanged(
    db
      .updateTable('current_sessions')
      .set({ session_id: to, updated_at: at })
      .where('agent_id', '=', agentId)
      .where('session_id', '=', from),
  );
}

/** What is on record of a session. */
export interface SessionFigures {
  /** Subject of the mail of its first finished turn. */
  subject: string;
  /** Finished turns, and what they cost: of the newest ones, where `more` says that there are as many or more. */
  turns: number;
  costUsd: number;
  more: boolean;
  /** When its newest turn ended, epoch ms. */
  lastUsedAt: number;
}

/** Figures of some sessions of an agent by their ids, of at most `most` turns each. One without finished turns is left out. */
export async function figuresOfSessions(
  db: Database,
  agentId: string,
  sessionIds: readonly string[],
  most: number,
): Promise<Map<string, SessionFigures>> {
  const figures = new Map<string, SessionFigures>();
  for (const sessionId of sessionIds) {
    const finished = sql`from runs where runs.agent_id = ${agentId} and runs.session_id = ${sessionId}
      and runs.finished_at is not null`;
    // Added up by the database, which need not hand over each of them.
    const { rows } = await sql<{
      turns: number;
      costUsd: number;
      lastUsedAt: number | null;
      subject: string | null;
    }>`
      select count(*) as turns, sum(newest.cost_usd) as ${sql.ref('costUsd')},
        max(newest.finished_at) as ${sql.ref('lastUsedAt')},
        (select mails.subject from mails where mails.id =
          (select runs.mail_id ${finished} order by runs.finished_at limit 1)) as subject
      from (select runs.cost_usd, runs.finished_at ${finished}
        order by runs.finished_at desc limit ${most}) as newest`.execute(db);
    const [row] = rows;
    if (row === undefined || row.lastUsedAt === null) continue;
    const { turns, costUsd, lastUsedAt, subject } = row;
    figures.set(sessionId, { subject: subject ?? '', turns, costUsd, more: turns >= most, lastUsedAt });
  }
  return figures;
}

/** The mail of a session's newest finished turn, as far as a scope is named by it; undefined where there is none. */
export async function lastMailOfSession(db: Database, agentId: string, sessionId: string) {
  return await db
    .selectFrom('runs')
    .innerJoin('mails', 'mails.id', 'runs.mail_id')
    .select(['mails.id', 'mails.sender', 'mails.message_id', 'mails.in_reply_to', 'mails.thread_references'])
    .where('runs.agent_id', '=', agentId)
    .where('runs.session_id', '=', sessionId)
    .where('runs.finished_at', 'is not', null)
    .orderBy('runs.finished_at', 'desc')
    .limit(sql.lit(1))
    .executeTakeFirst();
}

/** One session, from its runs. */
interface RecordedSession {
  sessionId: string;
  /** Subject of its first mail. */
  subject: string;
  turns: number;
  /** Epoch ms. */
  lastUsedAt: number;
}

/** Sessions with finished turns, of an agent; with `isSender` only those with mails of that sender. */
export async function sessionsOfAgent(
  db: Database,
  agentId: string,
  isSender: ((address: string) => boolean) | null,
): Promise<RecordedSession[]> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('mails', 'mails.id', 'runs.mail_id')
    .select(['runs.session_id', 'mails.subject', 'mails.sender', 'runs.started_at'])
    .where('runs.agent_id', '=', agentId)
    .where('runs.session_id', 'is not', null)
    .orderBy('runs.started_at')
    .execute();
  const sessions = new Map<string, RecordedSession>();
  for (const row of rows) {
    if (row.session_id === null || (isSender && !isSender(row.sender ?? ''))) continue;
    const known = sessions.get(row.session_id);
    sessions.set(row.session_id, {
      sessionId: row.session_id,
      subject: known?.subject ?? row.subject,
      turns: (known?.turns ?? 0) + 1,
      lastUsedAt: row.started_at,
    });
  }
  return [...sessions.values()];
}
