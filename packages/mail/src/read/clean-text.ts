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

/** Text of at most the limit, never cut inside a character, and the line that says so, empty for none. */
export function capText(text: string, length: number = text.length): { text: string; note: string } {
  if (length <= textLimit) return { text, note: '' };
  const high = text.charCodeAt(textLimit - 1);
  const end = high >= 0xd800 && high <= 0xdbff ? textLimit - 1 : textLimit;
  const shown = text.slice(0, end);
  const note = `\n[Cut here: this part of the mail has ${length} characters, ${shown.length} are shown.]`;
  return { text: shown, note };
}

/** Takes blank lines off both ends and white space off the end. */
export function trimBlankLines(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
}
