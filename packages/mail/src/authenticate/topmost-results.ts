/**
 * Whose Authentication-Results count: those of the topmost unbroken run of such fields, all by one server that the
 * operator named. Every server adds its fields on top, so what a sender forged lies below; but the fields of
 * the server that took the mail may have its Received lines above them (Gmail) or below them (Fastmail, which also
 * spreads its results over several fields), so Received says nothing about where its part ends. The first field of
 * any other name or any other server ends the run: below Amazon's field lies its X-SES-RECEIPT, and only then what
 * the sender wrote.
 *
 * Nothing in a header shows whether the topmost field was there when the mail came in. An operator may therefore
 * only name a server that adds its results to every mail and removes fields under its own name (RFC 8601 section 5).
 */
import { strictFields } from '../mime/header-block.ts';
import { type MethodResult, parseAuthenticationResults } from './authentication-results.ts';

/** What one server says, in the order in which it says it. */
export interface ServerResults {
  /** Its authserv-id, lower case. */
  authserv: string;
  results: MethodResult[];
}

/** Fields of one run; Fastmail writes four. */
const MAX_FIELDS = 20;

/**
 * The results in a header section that count, by a server out of a list of authserv-ids in lower case; null where
 * there are none, and where any field of the run that bears that server's name is malformed.
 */
export function topmostResults(block: Uint8Array, authservIds: readonly string[]): ServerResults | null {
  let authserv: string | null = null;
  let fields = 0;
  const results: MethodResult[] = [];
  for (const { name, body } of strictFields(block)) {
    const bare = name.trim();
    if (bare.toLowerCase() !== 'authentication-results') {
      if (authserv !== null) break;
      continue;
    }
    // `Authentication-Results :` is obsolete syntax; a server that removes forged fields may not look for it.
    if (bare !== name) break;
    const field = parseAuthenticationResults(body);
    if (field === null || !authservIds.includes(field.authserv)) break;
    if (authserv !== null && field.authserv !== authserv) break;
    fields += 1;
    if (field.results === null || fields > MAX_FIELDS) return null;
    authserv = field.authserv;
    results.push(...field.results);
  }
  return authserv === null ? null : { authserv, results };
}
