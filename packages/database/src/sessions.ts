/** Which session each agent goes on with. */
import type { Database } from './schema/index.ts';

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

/** Ids of the sessions that some scope of an agent goes on with. */
export async function currentSessions(db: Database, agentId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('current_sessions')
    .select('session_id')
    .where('agent_id', '=', agentId)
    .execute();
  return new Set(rows.map((row) => row.session_id));
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
