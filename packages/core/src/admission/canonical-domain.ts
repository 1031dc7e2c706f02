/**
 * The one form of a mail domain: ASCII (A-labels), lower case, at least two labels. Everything that could be read in
 * two ways (dot-likes, compatibility forms, invisible characters, numerals, address literals) is refused.
 */
import { isALabel } from './punycode.ts';

/** A domain in its one form, or a sentence that says why it has none. */
export type CanonicalDomain = { ok: true; domain: string } | { ok: false; reason: string };

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ASCII_DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$`);

/** Letters, marks, numbers and pictures outside ASCII; everything invisible or standing for a lost byte is out. */
const FOREIGN_CHARACTER = /^[\p{L}\p{M}\p{N}\p{So}]$/u;
const INVISIBLE_CHARACTER = /^[\p{Default_Ignorable_Code_Point}\u2800\ufffc\ufffd]$/u;

/**
 * Whether a character outside ASCII may stand in an address at all. Unassigned code points, spaces, format
 * and bidirectional controls, surrogates, punctuation and the replacement character may not.
 */
export function isAddressCharacter(character: string): boolean {
  return FOREIGN_CHARACTER.test(character) && !INVISIBLE_CHARACTER.test(character);
}

/** Names a character so that it can be shown safely, for example `U+200B`. */
export function nameCharacter(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /^[!-~]$/.test(character) ? `"${character}"` : `U+${hex}`;
}

/**
 * Says what is wrong with the Unicode form of a text: it must be NFC and hold no compatibility characters
 * (NFKC), so that two spellings never mean one address. Null when nothing is.
 */
export function unicodeFormProblem(text: string): string | null {
  if (text.normalize('NFC') !== text) return 'is not in Unicode normal form C';
  if (text.normalize('NFKC') !== text) return 'has compatibility characters such as full-width letters';
  return null;
}

/**
 * Gives the one form of a domain (RFC 5321 section 2.3.5, RFC 5890 A-labels through the URL standard's
 * domain-to-ASCII). Takes Unicode and ASCII spelling, any case. No trailing dot, no single label, no numeric
 * top level, no underscore, at most 253 characters.
 */
export function canonicalDomain(text: string): CanonicalDomain {
  if (text === '') return { ok: false, reason: 'The domain is missing.' };
  if (text.length > 253) return { ok: false, reason: 'The domain is longer than 253 characters.' };
  if (text.startsWith('[')) {
    return { ok: false, reason: 'Address literals such as [192.0.2.1] are not accepted as a domain.' };
  }
  for (const character of text) {
    if (!/^[A-Za-z0-9.-]$/.test(character) && !isAddressCharacter(character)) {
      return { ok: false, reason: `The domain has the character ${nameCharacter(character)}.` };
    }
  }
  const form = unicodeFormProblem(text);
  if (form !== null) return { ok: false, reason: `The domain ${form}.` };
  const domain = toAscii(text);
  if (domain === null || domain.length > 253 || !ASCII_DOMAIN.test(domain)) {
    return { ok: false, reason: 'The domain is not a name of at least two labels such as example.com.' };
  }
  return { ok: true, domain };
}

/**
 * Lower case of a name that is ASCII already. Only labels that need IDNA go through the URL parser, the one such
 * converter of all runtimes, and only characters that `canonicalDomain` has let pass: none of them ends a host.
 */
function toAscii(text: string): string | null {
  const lower = text.toLowerCase();
  if (/^[a-z0-9.-]*$/.test(lower) && !/(^|\.)xn--/.test(lower)) return lower;
  const ascii = URL.parse(`http://${text}/`)?.hostname ?? null;
  return ascii?.split('.').every((label) => !label.startsWith('xn--') || isALabel(label)) ? ascii : null;
}

/**
 * The lower case of a domain that is written as a sequence of at least two LDH labels (RFC 5890 section 2.3.1, the
 * `domain-name` of RFC 6376 section 3.5): what a signature or another server says of itself must look so to count.
 * Null for everything else: characters outside ASCII, a trailing dot, an empty or over-long label, `/`, `%`, `_`.
 */
export function ldhDomain(text: string): string | null {
  const lower = /^[A-Za-z0-9.-]{1,253}$/.test(text) ? text.toLowerCase() : '';
  return ASCII_DOMAIN.test(lower) ? lower : null;
}
