import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CURRENT_SESSION_VERSION, SessionManager } from '@earendil-works/pi-coding-agent';

/** pi's own limit for a header is larger; ours are about 150 bytes. */
const longestHeaderBytes = 4096;

/** A session that is ready to be continued. */
export interface OpenSession {
  manager: SessionManager;
  /** Name below `sessions/`. */
  file: string;
}

/** The session id in a file's first line; null when there is no readable header (pi session format, version 3). */
function headerId(path: string): string | null {
  let descriptor: number | undefined;
  try {
    // Opening a FIFO would wait for ever.
    if (!statSync(path).isFile()) return null;
    descriptor = openSync(path, 'r');
    const buffer = Buffer.alloc(longestHeaderBytes);
    const text = buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
    const end = text.indexOf('\n');
    const header: unknown = JSON.parse(end < 0 ? text : text.slice(0, end));
    if (typeof header !== 'object' || header === null) return null;
    if (!('type' in header) || header.type !== 'session') return null;
    return 'id' in header && typeof header.id === 'string' ? header.id : null;
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Opens a file; null when it is no session, or holds entries that no context can be made of. */
function openUsable(folder: string, file: string, cwd: string): OpenSession | null {
  if (headerId(join(folder, file)) === null) return null;
  try {
    const manager = SessionManager.open(join(folder, file), folder, cwd);
    manager.buildSessionProjection();
    return { manager, file };
  } catch {
    return null;
  }
}

/** Names to try, best first: the one that was asked for, then those with the session's id, newest first. */
function candidates(folder: string, wanted: { id: string; file: string | null }): string[] {
  const byId = readdirSync(folder)
    .filter((name) => name.endsWith(`_${wanted.id}.jsonl`))
    .sort()
    .reverse();
  const asked = wanted.file;
  const plain = asked !== null && /^[A-Za-z0-9][A-Za-z0-9._-]*\.jsonl$/.test(asked);
  return plain ? [asked, ...byId.filter((name) => name !== asked)] : byId;
}

/**
 * Writes the header at once. pi alone would create the file only at the first assistant message, and a
 * process killed before that would leave no trace of the mail; with the file there, every entry is appended
 * as it comes.
 */
function createSessionFile(folder: string, id: string, cwd: string, now: Date): string {
  const timestamp = now.toISOString();
  const file = `${timestamp.replace(/[:.]/g, '-')}_${id}.jsonl`;
  const temporary = join(folder, `.${file}.tmp`);
  const descriptor = openSync(temporary, 'w');
  try {
    const header = { type: 'session', version: CURRENT_SESSION_VERSION, id, timestamp, cwd };
    writeFileSync(descriptor, `${JSON.stringify(header)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, join(folder, file));
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
  for (const file of candidates(folder, wanted)) {
    const opened = openUsable(folder, file, cwd);
    if (opened !== null) return opened;
  }
  const file = createSessionFile(folder, wanted.id, cwd, now);
  return { manager: SessionManager.open(join(folder, file), folder, cwd), file };
}
