/** Message identifiers (RFC 5322 section 3.6.4) of others, which are untrusted text, and our own. */

/**
 * Characters of an id with its brackets. Real ones have several hundred; one must fit into a header line (RFC 5322 section
 * 2.1.1) and into References as providers take it.
 */
export const MAX_MESSAGE_ID_LENGTH = 850;
const ONE_ID = /^<[!-;=?A-~]+@[!-;=?A-~]+>$/;
const EACH_ID = /<[!-;=?-~]{1,900}>/g;

/**
 * One id with its angle brackets; brackets that are missing are added. Null for anything else: white space,
 * control characters, text outside ASCII, no `@` or two, longer than 850 characters.
 */
export function parseMessageId(text: string): string | null {
  const trimmed = text.trim();
  const id = trimmed.startsWith('<') ? trimmed : `<${trimmed}>`;
  return id.length <= MAX_MESSAGE_ID_LENGTH && ONE_ID.test(id) ? id : null;
}

/** All well-formed ids in a text such as a report's, in order, each once. */
export function parseMessageIds(text: string): string[] {
  const ids = [...text.matchAll(EACH_ID)].map(([id]) => parseMessageId(id));
  return [...new Set(ids.filter((id) => id !== null))];
}

/**
 * The ids of a Message-ID, In-Reply-To or References field, in order, each once. Some programs leave the brackets out: then
 * every word of the field must be an id, because what stands beside ids is a comment or somebody's address.
 */
export function messageIdField(value: string): string[] {
  if (value.includes('<')) return parseMessageIds(value);
  const ids = value
    .trim()
    .split(/[\s,]+/)
    .map(parseMessageId);
  return ids.includes(null) ? [] : [...new Set(ids.filter((id) => id !== null))];
}

/** Our own Message-ID from a fresh id of the one id maker, at our mail domain (ASCII). */
export function newMessageId(id: string, mailDomain: string): string {
  return `<${id}@${mailDomain}>`;
}
