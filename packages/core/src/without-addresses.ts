/** A text for the log, which names nobody who writes or is written to: `(an address)` in the place of each. */
export function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>()[\]:;,"']+@[^\s<>()[\]:;,"']+/g, '(an address)');
}
