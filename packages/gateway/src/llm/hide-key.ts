/**
 * Replaces a secret in a stream by as many asterisks, so that lengths stay true, and passes everything else on at
 * once: bytes are held back only while they could be the beginning of the secret.
 */
export interface KeyHider {
  /** What may go on of the held bytes and this chunk; possibly empty. */
  push(chunk: Buffer): Buffer;
  /** What was held back at the end of the stream. */
  end(): Buffer;
}

/** Shorter ones are no secrets, and replacing them would only damage the text. */
const SHORTEST_SECRET = 8;

export function createKeyHider(secret: string): KeyHider {
  const needle = Buffer.from(secret);
  if (needle.length < SHORTEST_SECRET) return { push: (chunk) => chunk, end: () => Buffer.alloc(0) };
  let held: Buffer = Buffer.alloc(0);

  return {
    push(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      let clean = bytes;
      for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + needle.length)) {
        if (clean === bytes) clean = Buffer.from(bytes);
        clean.fill('*', at, at + needle.length);
      }
      const kept = beginningAtTheEnd(clean, needle);
      held = clean.subarray(clean.length - kept);
      return clean.subarray(0, clean.length - kept);
    },
    end: () => held,
  };
}

/** How many of the last bytes are the first bytes of the needle. */
function beginningAtTheEnd(bytes: Buffer, needle: Buffer): number {
  for (let length = Math.min(bytes.length, needle.length - 1); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}

/** The same for one text, as a header value is. */
export function withoutKey(text: string, secret: string): string {
  if (secret.length < SHORTEST_SECRET) return text;
  return text.replaceAll(secret, '*'.repeat(secret.length));
}
