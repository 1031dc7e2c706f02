/** Message identifiers (RFC 5322 section 3.6.4) of others, which are untrusted text, and our own. */

/** Longer ids than any real client makes; a header line must hold one (RFC 5322 section 2.1.1). */
const MAX_LENGTH = 250;
const ONE_ID = /^<[!-;=?A-~]+@[!-;=?A-~]+>$/;
const EACH_ID = /<[!-;=?-~]{1,500}>/g;

/**
 * One id with its angle brackets; brackets that are missing are added. Null for anything else: white space,
 * control characters, text outside ASCII, no `@` or two, longer than 250 characters.
 */
export function parseMessageId(text: string): string | null {
  const trimmed = text.trim();
  const id = trimmed.startsWith('<') ? trimmed : `<${trimmed}>`;
  return id.length <= MAX_LENGTH && ONE_ID.test(id) ? id : null;
}

/** All well-formed ids in a text such as a References header, in order, each once. */
export function parseMessageIds(text: string): string[] {
  const ids = [...text.matchAll(EACH_ID)].map(([id]) => parseMessageId(id));
  return [...new Set(ids.filter((id) => id !== null))];
}

/** Our own Message-ID from a fresh id of the one id maker, at our mail domain (ASCII). */
export function newMessageId(id: string, mailDomain: string): string {
  return `<${id}@${mailDomain}>`;
}
