/** `/resume`: lists sessions; `/resume HASH`: goes on with that one. */
import { resolveSession, sessionHashes } from '@tinyfat/core';
import { currentSession } from '@tinyfat/database';
import type { CommandAnswer, CommandContext } from './context.ts';
import { inlineText, when } from './format.ts';
import { type KnownSession, type KnownSessions, knownSessions, MAX_SESSION_FILES } from './sessions.ts';

const MAX_LISTED = 20;

export async function resume(context: CommandContext, hash: string | null): Promise<CommandAnswer> {
  const known = await knownSessions(context);
  const ids = known.sessions.map((session) => session.id);
  const nameOf = sessionHashes(ids);
  if (hash === null) return { text: await listing(context, known, nameOf) };
  const found = resolveSession(hash, ids);
  switch (found.state) {
    case 'one': {
      const session = known.sessions.find((one) => one.id === found.id);
      const about = session?.subject ? ` (${inlineText(session.subject)})` : '';
      return {
        text: `Resumed session \`${nameOf(found.id)}\`${about}. Your next mail goes on there.`,
        sessionId: found.id,
      };
    }
    case 'ambiguous': {
      // The ids are in the order of the sessions, newest first.
      const names = found.ids.slice(0, MAX_LISTED).map((id) => `\`${nameOf(id)}\``);
      const rest = found.ids.length > MAX_LISTED ? ` and ${found.ids.length - MAX_LISTED} older ones` : '';
      return {
        text: `More than one session begins with \`${inlineText(hash)}\`: ${names.join(', ')}${rest}. Write more of its hash.`,
      };
    }
    case 'none': {
      const list = await listing(context, known, nameOf);
      return { text: `There is no session \`${inlineText(hash)}\`; nothing was changed.\n\n${list}` };
    }
  }
}

async function listing(
  { ports, work, scope }: CommandContext,
  { sessions, more }: KnownSessions,
  nameOf: (id: string) => string,
): Promise<string> {
  if (sessions.length === 0) return 'There are no sessions yet; your next mail begins one.';
  const current = await currentSession(ports.db, work.agent.id, scope);
  const line = (session: KnownSession) => {
    const mark = session.id === current ? ' **(current)**' : '';
    const turns = session.turns === 1 ? '1 turn' : `${session.turns} turns`;
    const subject = inlineText(session.subject) || 'no subject';
    return `- \`${nameOf(session.id)}\` ${subject} — ${turns}, last ${when(session.lastUsedAt)}${mark}`;
  };
  const lines = sessions.slice(0, MAX_LISTED).map(line);
  const rest = sessions.length > MAX_LISTED ? `\n\n… and ${sessions.length - MAX_LISTED} older ones.` : '';
  const cut = more
    ? `\n\nThe folder \`sessions\` holds more than ${MAX_SESSION_FILES} files; the others were not looked at.`
    : '';
  return `Sessions, newest first:\n\n${lines.join('\n')}${rest}${cut}\n\nWrite \`/resume HASH\` to go on with one.`;
}
