/** `/resume`: lists sessions; `/resume HASH`: goes on with that one. */
import { resolveSession, sessionHashes } from '@tinyfat/core';
import { currentSession } from '@tinyfat/database';
import type { LetterBlock, LetterText } from '@tinyfat/mail';
import type { CommandAnswer, CommandContext } from './context.ts';
import { shortLine, when } from './format.ts';
import { type KnownSession, type KnownSessions, knownSessions, MAX_SESSION_FILES } from './sessions.ts';

const MAX_LISTED = 20;

export async function resume(context: CommandContext, hash: string | null): Promise<CommandAnswer> {
  const known = await knownSessions(context);
  const ids = known.sessions.map((session) => session.id);
  const nameOf = sessionHashes(ids);
  if (hash === null) {
    return { letter: { heading: 'Sessions', blocks: await listing(context, known, nameOf) } };
  }
  const found = resolveSession(hash, ids);
  switch (found.state) {
    case 'one': {
      const session = known.sessions.find((one) => one.id === found.id);
      const about = session?.subject ? ` (${shortLine(session.subject)})` : '';
      const text = ['Your next mail goes on in ', { code: nameOf(found.id) }, `${about}.`];
      return {
        letter: { heading: 'Resumed session', blocks: [{ kind: 'text', text }] },
        sessionId: found.id,
      };
    }
    case 'ambiguous': {
      // The ids are in the order of the sessions, newest first.
      const names = found.ids.slice(0, MAX_LISTED).map((id) => nameOf(id));
      const rest = found.ids.length > MAX_LISTED ? ` and ${found.ids.length - MAX_LISTED} older ones` : '';
      const blocks: LetterBlock[] = [
        {
          kind: 'text',
          text: [`More than one begins with `, { code: shortLine(hash) }, '. Write more of the hash.'],
        },
        { kind: 'text', text: [{ code: names.join(', ') }, `${rest}.`] },
      ];
      return { letter: { heading: 'Which session?', blocks } };
    }
    case 'none': {
      const text = [{ code: shortLine(hash) }, ' is none, so nothing was changed.'];
      const blocks: LetterBlock[] = [
        { kind: 'text', text },
        { kind: 'heading', text: 'Sessions' },
        ...(await listing(context, known, nameOf)),
      ];
      return { letter: { heading: 'There is no such session', blocks } };
    }
  }
}

async function listing(
  { deps, work, scope }: CommandContext,
  { sessions, more }: KnownSessions,
  nameOf: (id: string) => string,
): Promise<LetterBlock[]> {
  const line = (...text: LetterText[]): LetterBlock => ({ kind: 'text', quiet: true, text });
  if (sessions.length === 0) return [line('There are none yet; your next mail begins one.')];
  const current = await currentSession(deps.db, work.agent.id, scope);
  const row = (session: KnownSession) => {
    const turns = session.turns === 1 ? '1 turn' : `${session.turns} turns`;
    const mark = session.id === current ? ' (current)' : '';
    const subject = shortLine(session.subject) || 'no subject';
    return {
      label: { code: nameOf(session.id) },
      text: [`${subject} – ${turns}, last ${when(session.lastUsedAt)}${mark}`],
    };
  };
  const blocks: LetterBlock[] = [{ kind: 'rows', rows: sessions.slice(0, MAX_LISTED).map(row) }];
  if (sessions.length > MAX_LISTED) blocks.push(line(`… and ${sessions.length - MAX_LISTED} older ones.`));
  if (more) {
    const cut = `The folder sessions holds more than ${MAX_SESSION_FILES} files; the others were not looked at.`;
    blocks.push(line(cut));
  }
  blocks.push(line('Newest first. Write ', { code: '/resume HASH' }, ' to go on with one.'));
  return blocks;
}
