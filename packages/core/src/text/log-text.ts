/** Foreign text made fit for a log line or a sentence. */

/** The first characters (UTF-16 units) of a text in printable ASCII; each other character becomes `?`. */
export function printableAscii(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[^ -~]/g, '?');
}

/** The text with `(an address)` in the place of each mail address. */
export function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>()[\]:;,"']+@[^\s<>()[\]:;,"']+/g, '(an address)');
}
