/**
 * Domains that a person may take for one that they know, in plain letters: `examp1e.com`, `exarnple.com`. For whoever adds
 * an entry or asks about an address; matching compares canonical forms, for which an imitation is simply another domain.
 */

const LIKE: readonly (readonly [RegExp, string])[] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/0/g, 'o'],
  [/[1i]/g, 'l'],
  [/5/g, 's'],
];

/** Gives what says in a sentence which of the known domains (canonical) a domain looks like; null for none but itself. */
export function imitations(known: Iterable<string>): (domain: string) => string | null {
  const byLook = Map.groupBy(new Set(known), lookOf);
  return (domain) => {
    const other = byLook.get(lookOf(domain))?.find((one) => one !== domain);
    return other === undefined
      ? null
      : `${domain} looks like ${other}, and is another domain; make sure that it is the one you mean.`;
  };
}

function lookOf(domain: string): string {
  return LIKE.reduce((text, [like, letter]) => text.replace(like, letter), domain);
}
