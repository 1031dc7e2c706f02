/**
 * What smtp-server lets through as an address is checked once more: it looks for control characters before it
 * decodes A-labels, whose decoded form may hold some, and makes one replacement character of any broken UTF-8.
 */

/** RFC 5321 section 4.5.3.1.3: 256 octets with the angle brackets. */
const maxBytes = 254;
/** Control and format characters, surrogates, unassigned ones, separators, and what stands for a lost byte. */
const unseen = /[\p{C}\p{Z}\ufffd]/u;

/** Whether an address of MAIL FROM or RCPT TO is short and made of visible characters; the empty one is. */
export function isPlainAddress(address: string): boolean {
  return Buffer.byteLength(address) <= maxBytes && !unseen.test(address);
}
