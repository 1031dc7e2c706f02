/** Which session each agent goes on with. */
import type { Database } from './sqlite.ts';

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

/** Makes a session the current one of its scope. */
export async function setCurrentSession(
  db: Database,
  session: { agentId: string; scope: string; sessionId: string; at: number },
): Promise<void> {
  await db
    .insertInto('current_sessions')
    .values({
      agent_id: session.agentId,
      scope: session.scope,
      session_id: session.sessionId,
      updated_at: session.at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['agent_id', 'scope'])
        .doUpdateSet({ session_id: session.sessionId, updated_at: session.at }),
    )
    .execute();
}
