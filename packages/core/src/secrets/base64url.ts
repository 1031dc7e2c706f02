/** Base64url without padding (RFC 4648 section 5), strict: exactly one text stands for the same bytes. */

import { fromBase64 } from '../base64.ts';

/** The text of some bytes; for small things such as keys. */
export function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The bytes of a text; null for one that `toBase64url` would not write. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
  const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  // The last character can have bits that no byte uses.
  return bytes !== null && toBase64url(bytes) === text ? bytes : null;
}
