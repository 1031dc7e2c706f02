/**
 * Short names of sessions. The hash is taken from the last group of the session's UUID, which is random in a
 * UUIDv7, while its beginning is the time and the same for sessions made together.
 */

const SHORTEST = 4;
const LAST_GROUP = 12;

/** The session that a prefix names among those there are. */
export type ResolvedSession =
  | { state: 'one'; id: string }
  | { state: 'none' }
  /** The ids that it could be, in the order given. */
  | { state: 'ambiguous'; ids: string[] };

/**
 * The hash of a session: the first 4 hex digits of its UUID's last group, more where another of the ids
 * begins with the same ones, and the whole id should even all 12 be shared.
 */
export function sessionHash(id: string, ids: readonly string[]): string {
  const own = id.toLowerCase();
  const group = lastGroup(own);
  const others = ids.map((other) => other.toLowerCase()).filter((other) => other !== own);
  for (let length = SHORTEST; length <= LAST_GROUP; length += 1) {
    const hash = group.slice(0, length);
    if (!others.some((other) => lastGroup(other).startsWith(hash))) return hash;
  }
  return own;
}

/**
 * Finds the session meant: by any prefix of its UUID's last group, or by a prefix of the whole UUID that
 * reaches past its first hyphen. Any case; an empty prefix names none.
 */
export function resolveSession(prefix: string, ids: readonly string[]): ResolvedSession {
  const text = prefix.trim().toLowerCase();
  if (text === '') return { state: 'none' };
  const matches = ids.filter((id) => {
    const name = text.includes('-') ? id.toLowerCase() : lastGroup(id.toLowerCase());
    return name.startsWith(text);
  });
  const [first, ...more] = new Set(matches);
  if (first === undefined) return { state: 'none' };
  return more.length === 0 ? { state: 'one', id: first } : { state: 'ambiguous', ids: [first, ...more] };
}

function lastGroup(id: string): string {
  return id.slice(id.lastIndexOf('-') + 1);
}
