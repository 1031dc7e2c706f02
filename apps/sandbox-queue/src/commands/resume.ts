/** `/resume`: lists sessions; `/resume HASH`: goes on with that one. */
import { resolveSession, sessionHash } from '@tinyfat/core';
import { currentSession } from '@tinyfat/database';
import type { CommandAnswer, CommandContext } from './context.ts';
import { inlineText, when } from './format.ts';
import { type KnownSession, knownSessions } from './sessions.ts';

const MAX_LISTED = 20;

export async function resume(context: CommandContext, hash: string | null): Promise<CommandAnswer> {
  const sessions = await knownSessions(context);
  const ids = sessions.map((session) => session.id);
  if (hash === null) return { text: await listing(context, sessions, ids) };
  const found = resolveSession(hash, ids);
  switch (found.state) {
    case 'one': {
      const session = sessions.find((one) => one.id === found.id);
      const about = session?.subject ? ` (${inlineText(session.subject)})` : '';
      const name = sessionHash(found.id, ids);
      return {
        text: `Resumed session \`${name}\`${about}. Your next mail goes on there.`,
        sessionId: found.id,
      };
    }
    case 'ambiguous': {
      const names = found.ids.map((id) => `\`${sessionHash(id, ids)}\``).join(', ');
      return {
        text: `More than one session begins with \`${inlineText(hash)}\`: ${names}. Write more of its hash.`,
      };
    }
    case 'none': {
      const list = await listing(context, sessions, ids);
      return { text: `There is no session \`${inlineText(hash)}\`; nothing was changed.\n\n${list}` };
    }
  }
}

async function listing(
  { ports, work, scope }: CommandContext,
  sessions: readonly KnownSession[],
  ids: readonly string[],
): Promise<string> {
  if (sessions.length === 0) return 'There are no sessions yet; your next mail begins one.';
  const current = await currentSession(ports.db, work.agent.id, scope);
  const lines = sessions.slice(0, MAX_LISTED).map((session) => {
    const mark = session.id === current ? ' **(current)**' : '';
    const turns = session.turns === 1 ? '1 turn' : `${session.turns} turns`;
    const subject = inlineText(session.subject) || 'no subject';
    return `- \`${sessionHash(session.id, ids)}\` ${subject} — ${turns}, last ${when(session.lastUsedAt)}${mark}`;
  });
  const rest = sessions.length > MAX_LISTED ? `\n\n… and ${sessions.length - MAX_LISTED} older ones.` : '';
  return `Sessions, newest first:\n\n${lines.join('\n')}${rest}\n\nWrite \`/resume HASH\` to go on with one.`;
}
