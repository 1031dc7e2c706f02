/**
 * The name that stands before an agent's address in From. Mail programs may show no more than the name, so it must not
 * pass for an address, and nothing in it is invisible or changes the direction of what follows.
 */
import { nameCharacter } from '../admission/canonical-domain.ts';

/** The name in its one form, empty for none; or a sentence that says what to write. */
type ParsedDisplayName = { ok: true; name: string } | { ok: false; reason: string };

/** Longest name, in characters. */
const MAX_DISPLAY_NAME = 64;
/** Controls, invisible ones, halves of characters, and what no font knows. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** What addresses are written with (RFC 5322 section 3.4), and encoded words (RFC 2047). */
const OF_ADDRESSES = /[@<>"\\]|=\?/;

/** Reads a name; blanks around it go, those in it become single spaces. */
export function parseDisplayName(text: string): ParsedDisplayName {
  const [unseen] = UNSEEN.exec(text) ?? [];
  if (unseen !== undefined) {
    return refuse(`It has the character ${nameCharacter(unseen)}, which nobody would see.`);
  }
  const name = text
    .normalize('NFC')
    .replace(/\p{Zs}+/gu, ' ')
    .trim();
  if (name === '') return { ok: true, name };
  if ([...name].length > MAX_DISPLAY_NAME) {
    return refuse(`It has more than ${MAX_DISPLAY_NAME} characters.`);
  }
  // NFKC also finds the wide and the small @.
  if (OF_ADDRESSES.test(name.normalize('NFKC'))) {
    return refuse('It has an @, angle brackets, quotes or =?, with which addresses are written.');
  }
  if (!/[\p{L}\p{N}]/u.test(name)) return refuse('It has neither a letter nor a digit.');
  return { ok: true, name };
}

function refuse(reason: string): ParsedDisplayName {
  return { ok: false, reason: `${reason} Write a name such as Scout of Example Ltd.` };
}
