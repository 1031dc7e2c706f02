/**
 * What a JSON text is like, from a look at its bytes, before anything is made of it: a megabyte of `[[[[…` or `{},{},…`
 * costs forty times that once it is parsed, and whatever walks through it may run out of stack.
 */

/** What any body of this API may have; each has some ten keys on some three levels, and lists of hundreds. */
const MOST = { depth: 32, values: 10_000, keyBytes: 256 };

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** What there is too much of in a text, as a sentence; null where it may be parsed, which also says whether it is JSON. */
export function jsonExcess(bytes: Uint8Array): string | null {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const end = endOfString(bytes, at);
      if (end - at - 1 > MOST.keyBytes && isKey(bytes, end)) {
        return `A name in the body has more than ${MOST.keyBytes} bytes.`;
      }
      at = end;
    } else if (OPENING.has(byte)) {
      if (++depth > MOST.depth) return `The body is nested deeper than ${MOST.depth} levels.`;
      values++;
    } else if (CLOSING.has(byte)) {
      depth--;
    } else if (byte === COMMA) {
      values++;
    }
    if (values > MOST.values) return `The body has more than ${MOST.values} values.`;
  }
  return null;
}

/** Where the quote is that ends the string; the end of the text where there is none. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let escapes = 0;
    while (bytes[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return bytes.length;
}

function isKey(bytes: Uint8Array, end: number): boolean {
  let at = end + 1;
  while (BLANKS.has(bytes[at] ?? 0)) at++;
  return bytes[at] === COLON;
}
