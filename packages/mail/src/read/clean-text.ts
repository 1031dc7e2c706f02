/** Text of strangers made safe to store and show: one line ending, no control characters, a known length. */

/** Longest text that is kept of one mail, in UTF-16 units. */
export const textLimit = 256 * 1024;

/** Line ends become LF; NUL, other C0 and C1 controls and lone surrogates go. */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?|\f|\v/g, '\n')
    .replace(/[\x00-\x08\x0e-\x1f\x7f-\x9f]/g, '')
    .replace(/^\ufeff/, '')
    .toWellFormed();
}

/** Takes blank lines off both ends and white space off the end. */
export function trimBlankLines(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
}
