import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENT_SESSION_VERSION, SessionManager } from '@earendil-works/pi-coding-agent';
import { namesIn, readPlainFile, writeWhole } from './plain-file.ts';

/** pi's own limit for a header is larger; ours are about 150 bytes. */
const longestHeaderBytes = 4096;
/** A session is read whole, and takes some times its size of the sandbox's memory. */
const largestSessionBytes = 100_000_000;
/** Files of one session that are tried. */
const mostCandidates = 20;

/** A session that is ready to be continued. */
export interface OpenSession {
  manager: SessionManager;
  /** Name below `sessions/`. */
  file: string;
  /** Why the session that was asked for was begun anew; null where it goes on, or is new. */
  leftOut: string | null;
}

/** The session id in a file's first line, or what is the matter (pi session format, version 3). */
function headerId(path: string): { id: string } | { reason: string } {
  const file = readPlainFile(path, longestHeaderBytes);
  if (!file.ok) return { reason: file.reason };
  if (file.size > largestSessionBytes) return { reason: `has ${file.size} bytes` };
  try {
    const text = file.bytes.toString('utf8');
    const end = text.indexOf('\n');
    const header: unknown = JSON.parse(end < 0 ? text : text.slice(0, end));
    const isHeader = typeof header === 'object' && header !== null && 'type' in header && 'id' in header;
    if (isHeader && header.type === 'session' && typeof header.id === 'string') return { id: header.id };
  } catch {
    // No JSON, so no header.
  }
  return { reason: 'is damaged' };
}

/** Opens a file; the reason when it is no session, or holds entries that no context can be made of. */
function openUsable(
  folder: string,
  file: string,
  cwd: string,
): { manager: SessionManager } | { reason: string } {
  const header = headerId(join(folder, file));
  if ('reason' in header) return header;
  try {
    const manager = SessionManager.open(join(folder, file), folder, cwd);
    manager.buildSessionProjection();
    return { manager };
  } catch {
    return { reason: 'is damaged' };
  }
}

/** Names to try, best first: the one that was asked for, then those with the session's id, newest first. */
function candidates(folder: string, wanted: { id: string; file: string | null }): string[] {
  const byId = namesIn(folder, Number.POSITIVE_INFINITY).filter((name) =>
    name.endsWith(`_${wanted.id}.jsonl`),
  );
  byId.sort().reverse();
  const asked = wanted.file;
  const plain = asked !== null && /^[A-Za-z0-9][A-Za-z0-9._-]*\.jsonl$/.test(asked);
  const names = plain ? [asked, ...byId.filter((name) => name !== asked)] : byId;
  return names.slice(0, mostCandidates);
}

/**
 * Writes the header at once. pi alone would create the file only at the first assistant message, and a
 * process killed before that would leave no trace of the mail; with the file there, every entry is appended
 * as it comes.
 */
function createSessionFile(folder: string, id: string, cwd: string, now: Date): string {
  const timestamp = now.toISOString();
  const file = `${timestamp.replace(/[:.]/g, '-')}_${id}.jsonl`;
  const header = { type: 'session', version: CURRENT_SESSION_VERSION, id, timestamp, cwd };
  writeWhole(join(folder, file), `${JSON.stringify(header)}\n`);
  return file;
}

/**
 * Opens the wanted session, or begins it with the wanted id when there is no file that can be continued. A
 * damaged file is left where it is. pi repairs a torn last line by itself. Throws when the folder can't be
 * written.
 */
export function openSession(
  folder: string,
  wanted: { id: string; file: string | null },
  cwd: string,
  now: Date,
): OpenSession {
  mkdirSync(folder, { recursive: true });
  let leftOut: string | null = null;
  for (const file of candidates(folder, wanted)) {
    const opened = openUsable(folder, file, cwd);
    if ('manager' in opened) return { manager: opened.manager, file, leftOut: null };
    leftOut ??= `/data/sessions/${file} ${opened.reason}, so the conversation begins anew.`;
  }
  const file = createSessionFile(folder, wanted.id, cwd, now);
  return { manager: SessionManager.open(join(folder, file), folder, cwd), file, leftOut };
}
