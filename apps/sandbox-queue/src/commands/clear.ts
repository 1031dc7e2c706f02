/** `/clear`: the next mail begins a new session; the old one stays and can be resumed. */
import { sessionHash } from '@tinyfat/core';
import { currentSession } from '@tinyfat/database';
import type { LetterBlock } from '@tinyfat/mail';
import type { CommandAnswer, CommandContext } from './context.ts';
import { knownSessions } from './sessions.ts';

export async function clear(context: CommandContext): Promise<CommandAnswer> {
  const { deps, work, scope } = context;
  const before = await currentSession(deps.db, work.agent.id, scope);
  const { sessions } = await knownSessions(context);
  const ids = sessions.map((session) => session.id);
  const hash = before !== undefined && ids.includes(before) ? sessionHash(before, ids) : null;
  const blocks: LetterBlock[] = [
    { kind: 'text', text: ['Your next mail begins it. MEMORY.md and all files stay as they are.'] },
  ];
  if (hash !== null) {
    const back = { code: `/resume ${hash}` };
    blocks.push({ kind: 'text', text: ['The session before is kept: ', back, ' goes back to it.'] });
  }
  return { letter: { heading: 'A new session', blocks }, sessionId: deps.makeId() };
}
