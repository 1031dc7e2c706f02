/** Ids as listings show them: an unambiguous beginning, which every command and the API accept. */

/** The time to the millisecond, in which an id of ours begins. */
const SHORT = 13;

/** Gives of each id the shortest beginning of 13 characters or more that no other id of the list has. */
export function shortIds(ids: readonly string[]): (id: string) => string {
  const sorted = [...new Set(ids)].sort();
  const short = new Map<string, string>();
  for (const [at, id] of sorted.entries()) {
    const same = Math.max(sameBeginning(id, sorted[at - 1] ?? ''), sameBeginning(id, sorted[at + 1] ?? ''));
    short.set(id, id.slice(0, Math.max(SHORT, same + 1)));
  }
  return (id) => short.get(id) ?? id;
}

function sameBeginning(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}
