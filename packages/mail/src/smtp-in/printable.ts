/** Foreign text for a line of the log. */

/** The first characters in printable ASCII; each other character becomes `?`. */
export function printable(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[^\x20-\x7e]/g, '?');
}
