/** The file that a session of an agent is in. */
import { isFileOfSession } from '@tinyfat/core';
import type { TurnFolder } from '@tinyfat/storage/node';

/** Files that say that they are of one session: the agent can make more. */
const MOST_OF_ONE = 100;

/** The name of the session's file, however many sessions there are; null where it has none yet. */
export async function sessionFileIn(
  folder: Pick<TurnFolder, 'list'>,
  sessionId: string,
): Promise<string | null> {
  const files = await folder.list('sessions', MOST_OF_ONE, { only: isFileOfSession(sessionId) });
  return files.find(({ kind }) => kind === 'file')?.name ?? null;
}
