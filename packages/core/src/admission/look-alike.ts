/**
 * Warnings about addresses that a person may mistake for another (UTS 39 section 5.2, highly restrictive). For the person
 * who adds an entry; matching compares canonical forms, for which a look-alike is simply another address.
 */
import { canonicalDomain } from './canonical-domain.ts';
import { decodePunycode } from './punycode.ts';

const SCRIPTS = [
  ...['Latin', 'Greek', 'Cyrillic', 'Armenian', 'Georgian', 'Cherokee', 'Hebrew', 'Arabic', 'Devanagari'],
  ...['Thai', 'Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul'],
].map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')] as const);

/** Scripts that are written together in one language. */
const WRITTEN_TOGETHER = [
  new Set(['Latin', 'Han', 'Hiragana', 'Katakana']),
  new Set(['Latin', 'Han', 'Hangul']),
  new Set(['Latin', 'Han', 'Bopomofo']),
];

/** Letters that look like Latin ones in common fonts; a word of nothing else imitates a Latin word. */
const IMITATES_LATIN = /^(?:[асԁеһіјӏорԛѕԝхуѵүһ0-9._-]+|[αεικνορτυχγηω0-9._-]+)$/u;

/**
 * Says in a sentence why a canonical address or domain may be mistaken for another one: a part that mixes
 * scripts, or one written wholly in letters that look Latin. Null when nothing is odd about it.
 */
export function lookAlikeWarning(canonical: string): string | null {
  for (const part of canonical.split('@').flatMap((side) => side.split('.'))) {
    const word = decodeLabel(part) ?? part;
    const problem = wordProblem(word);
    if (problem !== null) return `"${word}" ${problem}; make sure that it is the address you mean.`;
  }
  return null;
}

function wordProblem(word: string): string | null {
  const scripts = scriptsOf(word);
  if (scripts.length > 1 && !WRITTEN_TOGETHER.some((set) => scripts.every((script) => set.has(script)))) {
    return `mixes ${scripts.join(' and ')} letters`;
  }
  const [only] = scripts;
  if ((only === 'Cyrillic' || only === 'Greek') && IMITATES_LATIN.test(word)) {
    return `is written in ${only} letters that look like Latin ones`;
  }
  return null;
}

function scriptsOf(word: string): string[] {
  const found = new Set<string>();
  for (const character of word) {
    if (!/\p{L}/u.test(character)) continue;
    const script = SCRIPTS.find(([, pattern]) => pattern.test(character));
    if (script !== undefined) found.add(script[0]);
    else if (/[^\p{Script=Common}\p{Script=Inherited}]/u.test(character)) found.add('other');
  }
  return [...found];
}

/**
 * Decodes one A-label (`xn--…`, lower case) to Unicode. Null when it is none, and where the Unicode form
 * is not one that is taken for the same label: what is shown can be typed back.
 */
export function decodeLabel(label: string): string | null {
  if (!label.startsWith('xn--')) return null;
  const decoded = decodePunycode(label.slice(4));
  if (decoded === null) return null;
  const encoded = canonicalDomain(`${decoded}.test`);
  return encoded.ok && encoded.domain === `${label}.test` ? decoded : null;
}
