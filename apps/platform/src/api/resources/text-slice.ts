/** A piece of a file as text. */
import { decodeUtf8 } from '../body.ts';

/** UTF-8 has four bytes a character at most. */
const MOST_CUT = 3;

/**
 * The text of some bytes, and how many of them it is; `more` follow, so that the last character may be cut off. Null where
 * they are no text: no UTF-8, or with a NUL in it.
 */
export function textSlice(bytes: Uint8Array, more: boolean): { text: string; bytes: number } | null {
  if (bytes.includes(0)) return null;
  for (let cut = 0; cut <= (more ? MOST_CUT : 0); cut++) {
    const whole = bytes.subarray(0, bytes.length - cut);
    const text = decodeUtf8(whole);
    if (text !== null) return { text, bytes: whole.length };
  }
  return null;
}
