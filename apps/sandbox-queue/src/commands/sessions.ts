/** The sessions that a person may see and resume. */
import { parseSessionFileName } from '@tinyfat/core';
import { sessionsOfAgent } from '@tinyfat/database';
import type { CommandContext } from './context.ts';

/** One session that exists as a file, newest use first. */
export interface KnownSession {
  id: string;
  /** Subject of the first mail in it; empty when not known. */
  subject: string;
  turns: number;
  /** Epoch ms. */
  lastUsedAt: number;
}

const MAX_FILES = 10_000;

/**
 * Sessions whose file exists. With scope `agent` all of them; otherwise only those that the sender of the mail
 * in hand took part in: one person's conversation is not shown to another.
 */
export async function knownSessions({ ports, work, config }: CommandContext): Promise<KnownSession[]> {
  const shared = config.sessionScope === 'agent';
  const files = await ports.folders.list(work.agent.id, 'sessions', MAX_FILES);
  const recorded = await sessionsOfAgent(ports.db, work.agent.id, shared ? null : work.mail.sender);
  const sessions = files.flatMap((entry): KnownSession[] => {
    const name = entry.kind === 'file' ? parseSessionFileName(entry.name) : null;
    if (!name) return [];
    const row = recorded.find((one) => one.sessionId === name.id);
    if (!row && !shared) return [];
    return [
      {
        id: name.id,
        subject: row?.subject ?? '',
        turns: row?.turns ?? 0,
        lastUsedAt: row?.lastUsedAt ?? name.startedAt,
      },
    ];
  });
  return sessions.sort((a, b) => b.lastUsedAt - a.lastUsedAt);
}
