/** Small things that answers to commands are written with. */

/** Untrusted text as a part of one line, which it neither breaks nor turns round. */
export function shortLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()
    .slice(0, 120)
    .toWellFormed();
}

/** A time as `2026-11-22 18:30 UTC`. */
export function when(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
