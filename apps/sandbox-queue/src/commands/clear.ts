/** `/clear`: the next mail begins a new session; the old one stays and can be resumed. */
import { sessionHash } from '@tinyfat/core';
import { currentSession } from '@tinyfat/database';
import type { CommandAnswer, CommandContext } from './context.ts';
import { knownSessions } from './sessions.ts';

export async function clear(context: CommandContext): Promise<CommandAnswer> {
  const { ports, work, scope } = context;
  const before = await currentSession(ports.db, work.agent.id, scope);
  const { sessions } = await knownSessions(context);
  const ids = sessions.map((session) => session.id);
  const fresh = 'Your next mail begins a new session. MEMORY.md and all files stay as they are.';
  const hash = before !== undefined && ids.includes(before) ? sessionHash(before, ids) : null;
  const back = hash === null ? '' : `\n\nThe session before is kept: \`/resume ${hash}\` goes back to it.`;
  return { text: `${fresh}${back}`, sessionId: ports.makeId() };
}
