/**
 * Secret addresses, `agent+token@domain`: for a listed sender whose domain publishes no DMARC policy and signs
 * nothing, so that nothing else could tell him from a forger. Whoever knows the address may claim to be such a
 * sender; it puts nobody on the list and helps nobody whose domain says how it wants to be checked.
 */
import { sha256HexOfText } from '../bytes/sha256.ts';

/** Letters and digits without those that are mistaken for each other; lower case, as addresses are compared. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const LENGTH = 26;

/** A new token: 26 characters of 31, about 128 bits. `random` gives that many bytes of a secure source. */
export function newSecretToken(random: (bytes: number) => Uint8Array): string {
  let token = '';
  while (token.length < LENGTH) {
    for (const byte of random(LENGTH)) {
      // The uneven rest is thrown away, so that every character is as likely as the others.
      if (byte < 248 && token.length < LENGTH) token += ALPHABET[byte % ALPHABET.length];
    }
  }
  return token;
}

/** Under which name a token is looked up; the same for every spelling of its letters. */
export async function secretTokenHash(token: string): Promise<string> {
  return await sha256HexOfText(token.toLowerCase());
}
