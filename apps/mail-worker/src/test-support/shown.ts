/** Answers as JSON, so that those of two runtimes can be compared. */

/** As JSON, with bytes as their number and a sum. */
export function shown(value: unknown): unknown {
  const text = JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? sumOf(part) : part));
  return JSON.parse(text ?? 'null');
}

/** The number of bytes and their Adler-32 (RFC 1950 section 8). */
function sumOf(bytes: Uint8Array): { bytes: number; sum: string } {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return { bytes: bytes.length, sum: (b * 65_536 + a).toString(16) };
}
