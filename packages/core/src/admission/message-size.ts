/**
 * How large a mail may be. A file travels as base64 in lines of 64 to 76 characters (RFC 2045 section 6.8), 4 bytes for 3
 * and the line ends. So there are two limits: one on the decoded parts, and one on the message as it comes, which fits the
 * first in its encoding, with headers and a text.
 */

const MIB = 1024 * 1024;

/** Bytes of all parts of a message together, decoded. */
export const MAX_DECODED_BYTES = 25 * MIB;
/** Bytes of a message as it comes: the above takes 34.4 MiB in lines of 64 characters. */
export const MAX_MESSAGE_BYTES = 36 * MIB;

/** Both limits, for the end of a sentence that refuses a message. */
export const SIZE_LIMITS = `at most ${MAX_DECODED_BYTES / MIB} MiB are taken, which are up to ${MAX_MESSAGE_BYTES / MIB} MiB in the encoding of mail`;

/**
 * Bytes of a message as it comes, where it is read in an isolate of 128 MB (Cloudflare Workers), which also holds what is
 * read out of it.
 */
export const MAX_CLOUDFLARE_MESSAGE_BYTES = 10 * MIB;

/** That limit, for the end of a sentence that refuses a message. */
export const CLOUDFLARE_SIZE_LIMIT = `at most ${MAX_CLOUDFLARE_MESSAGE_BYTES / MIB} MiB are taken, in the encoding of mail`;
