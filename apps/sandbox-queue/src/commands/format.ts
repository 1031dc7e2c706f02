/** Small things that answers to commands are written with. */

/** Untrusted text as part of one Markdown line. */
export function inlineText(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\\`*_[\]<>#|]/g, '')
    .trim()
    .slice(0, 120);
}

/** A time as `2026-11-22 18:30 UTC`. */
export function when(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
