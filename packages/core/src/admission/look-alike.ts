/**
 * Warnings about addresses that a person may mistake for another (UTS 39 section 5.2, highly restrictive).
 * Only ever a warning to whoever adds an entry, and a choice of how to show a domain: matching compares
 * canonical forms, for which a look-alike is simply another address.
 */
import { canonicalDomain } from './canonical-domain.ts';
import { decodePunycode } from './punycode.ts';

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
  ['Thai', /\p{Script=Thai}/u],
  ['Han', /\p{Script=Han}/u],
  ['Hiragana', /\p{Script=Hiragana}/u],
  ['Katakana', /\p{Script=Katakana}/u],
  ['Bopomofo', /\p{Script=Bopomofo}/u],
  ['Hangul', /\p{Script=Hangul}/u],
];

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

/**
 * The address as a person may read it: A-labels in their own script, except where that could be mistaken
 * for another domain (then the ASCII form stays). For display only.
 */
export function displayAddress(canonical: string): string {
  const at = canonical.lastIndexOf('@');
  const labels = canonical.slice(at + 1).split('.');
  const shown = labels.map((label) => {
    const word = decodeLabel(label);
    return word === null || wordProblem(word) !== null ? label : word;
  });
  return canonical.slice(0, at + 1) + shown.join('.');
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
