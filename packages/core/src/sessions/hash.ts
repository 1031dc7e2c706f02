/**
 * Short names of sessions. The hash is taken from the last group of the session's UUID, which is random in a
 * UUIDv7, while its beginning is the time and the same for sessions made together.
 */

const SHORTEST = 4;
const LAST_GROUP = 12;

/** The session that a prefix names among those there are. */
type ResolvedSession =
  | { state: 'one'; id: string }
  | { state: 'none' }
  /** The ids that it could be, in the order given. */
  | { state: 'ambiguous'; ids: string[] };

/**
 * Gives the function that names sessions among all of these ids: the first 4 hex digits of the UUID's last group, more
 * where another of the ids begins with the same ones, and the whole id should even all 12 be shared. The ids are sorted
 * once: the group that shares most with another stands next to it.
 */
export function sessionHashes(ids: Iterable<string>): (id: string) => string {
  const distinct = new Set([...ids].map((id) => id.toLowerCase()));
  const groups = [...distinct].map(lastGroup).sort();
  return (id) => {
    const own = id.toLowerCase();
    const group = lastGroup(own);
    const at = firstNotBefore(groups, group);
    // Where the id itself is among them, its group stands at `at`, and once more behind it where it is shared.
    const next = distinct.has(own) ? at + 1 : at;
    const shared = Math.max(commonLength(group, groups[at - 1]), commonLength(group, groups[next]));
    return shared >= LAST_GROUP ? own : group.slice(0, Math.max(SHORTEST, shared + 1));
  };
}

/** The hash of one session among these ids; for several sessions take `sessionHashes`. */
export function sessionHash(id: string, ids: Iterable<string>): string {
  return sessionHashes(ids)(id);
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

/** Index of the first of the sorted texts that does not come before `text`. */
function firstNotBefore(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many characters two texts begin with in common. */
function commonLength(one: string, other = ''): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length += 1;
  return length;
}

function lastGroup(id: string): string {
  return id.slice(id.lastIndexOf('-') + 1);
}
