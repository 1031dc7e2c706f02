/**
 * Secret addresses, `agent+token@domain`: for listed senders whose domain publishes no DMARC policy and signs nothing. A
 * person who knows the address may claim to be such a sender; it puts nobody on the list, and counts for no domain that can
 * be checked.
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
      // Bytes of the uneven rest are dropped, so that all characters are equally likely.
      if (byte < 248 && token.length < LENGTH) token += ALPHABET[byte % ALPHABET.length];
    }
  }
  return token;
}

/** The hash by which a token is looked up; the same for upper and lower case. */
export async function secretTokenHash(token: string): Promise<string> {
  return await sha256HexOfText(token.toLowerCase());
}
