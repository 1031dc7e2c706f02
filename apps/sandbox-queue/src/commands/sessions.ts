/** The sessions that a person may see and resume. */
import { canonicalAddress, parseSessionFileName } from '@tinyfat/core';
import { sessionsOfAgent } from '@tinyfat/database';
import type { CommandContext } from './context.ts';

/** One session that exists as a file. */
export interface KnownSession {
  id: string;
  /** Subject of the first mail in it; empty when not known. */
  subject: string;
  turns: number;
  /** Epoch ms. */
  lastUsedAt: number;
}

/** Newest use first; `more`: `sessions/` holds more files than were looked at. */
export interface KnownSessions {
  sessions: KnownSession[];
  more: boolean;
}

/** Files of `sessions/` that are looked at, those that began last: one page of a mail needs no more, and an agent can make millions. */
export const MAX_SESSION_FILES = 10_000;

/**
 * Sessions whose file exists. With scope `agent` all of them; otherwise only those that the sender of the mail
 * in hand took part in: one person's conversation is not shown to another.
 */
export async function knownSessions({ deps, work, config }: CommandContext): Promise<KnownSessions> {
  const shared = config.sessionScope === 'agent';
  const files = await deps.folders.list(work.agent.id, 'sessions', MAX_SESSION_FILES + 1, {
    last: true,
    only: (name) => parseSessionFileName(name) !== null,
  });
  const recorded = await sessionsOfAgent(
    deps.db,
    work.agent.id,
    shared ? null : samePerson(work.mail.sender),
  );
  const byId = new Map(recorded.map((row) => [row.sessionId, row]));
  const sessions = files.slice(-MAX_SESSION_FILES).flatMap((entry): KnownSession[] => {
    const name = entry.kind === 'file' ? parseSessionFileName(entry.name) : null;
    if (!name) return [];
    const row = byId.get(name.id);
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
  sessions.sort((a, b) => b.lastUsedAt - a.lastUsedAt);
  return { sessions, more: files.length > MAX_SESSION_FILES };
}

/** Plus-tags of an address are one person, as they are for the session's scope. */
function samePerson(sender: string | null): (address: string) => boolean {
  const base = (text: string) => {
    const address = canonicalAddress(text);
    return address.ok ? address.base : null;
  };
  const own = base(sender ?? '');
  return (address) => own !== null && base(address) === own;
}
