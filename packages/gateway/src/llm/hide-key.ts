/**
 * Replaces a secret in a stream by as many asterisks, so that lengths stay true, and passes everything else on at
 * once: bytes are held back only while they could be the beginning of the secret.
 */
interface KeyHider {
  /** What may go on of the bytes held back and this chunk; possibly empty. */
  push(chunk: Uint8Array): Uint8Array;
  /** What was held back at the end of the stream. */
  end(): Uint8Array;
}

/** Shorter ones are no secrets, and replacing them would only damage the text. */
const SHORTEST_SECRET = 8;
const ASTERISK = 0x2a;

export function createKeyHider(secret: string): KeyHider {
  const needle = new TextEncoder().encode(secret);
  const [first] = needle;
  let heldBack = new Uint8Array();
  if (first === undefined || needle.length < SHORTEST_SECRET)
    return { push: (chunk) => chunk, end: () => heldBack };

  return {
    push(chunk) {
      let bytes = chunk;
      if (heldBack.length > 0) {
        bytes = new Uint8Array(heldBack.length + chunk.length);
        bytes.set(heldBack);
        bytes.set(chunk, heldBack.length);
      }
      let clean = bytes;
      for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
        const matching = matchingLength(bytes, at, needle);
        if (matching === needle.length) {
          if (clean === bytes) clean = bytes.slice();
          clean.fill(ASTERISK, at, at + needle.length);
          at += needle.length - 1;
        } else if (at + matching === bytes.length) {
          heldBack = clean.slice(at);
          return clean.subarray(0, at);
        }
      }
      heldBack = new Uint8Array();
      return clean;
    },
    end: () => heldBack,
  };
}

/** How many bytes from `at` on are the first ones of the needle. */
function matchingLength(bytes: Uint8Array, at: number, needle: Uint8Array): number {
  let length = 0;
  while (length < needle.length && at + length < bytes.length && bytes[at + length] === needle[length]) {
    length += 1;
  }
  return length;
}

/** The same for one text, as a header value is. */
export function withoutKey(text: string, secret: string): string {
  if (secret.length < SHORTEST_SECRET) return text;
  return text.replaceAll(secret, '*'.repeat(secret.length));
}
