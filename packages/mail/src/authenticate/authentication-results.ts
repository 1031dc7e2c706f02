/**
 * One Authentication-Results field (RFC 8601 section 2.2). Half of its text was chosen by the sender (addresses, HELO
 * names, what is quoted of them in comments), so the field is read whole or not at all.
 *
 * Amazon SES writes `client-ip=…; envelope-from=…; helo=…;` after its SPF result, unescaped. That is outside the
 * grammar and all of it is the sender's text; it is stepped over, and who reads the results has to expect that some
 * of them were put in there (asserted-evidence.ts).
 */
import { type FieldCursor, fieldCursor } from './structured-field.ts';

/** What one method found, for example `dkim=pass header.d=example.com`. */
export interface MethodResult {
  /** Lower case. */
  method: string;
  /** As it stands there, in lower case; a word that is none of RFC 8601 passes nothing. */
  result: string;
  /** `ptype.property` in lower case → value; null where it is given twice and so means nothing. */
  properties: ReadonlyMap<string, string | null>;
}

/** A field of one server; `results` is null where what follows the server's name is malformed. */
interface AuthenticationResults {
  /** Lower case. */
  authserv: string;
  results: MethodResult[] | null;
}

/** Characters of an unfolded field; real ones have less than two thousand. */
const MAX_LENGTH = 16_384;
const SES_TAIL = new Set(['client-ip', 'envelope-from', 'helo']);

/** Reads an unfolded field body; null where not even a server's name can be read. */
export function parseAuthenticationResults(body: string): AuthenticationResults | null {
  const cursor = fieldCursor(body.slice(0, MAX_LENGTH));
  cursor.skip();
  const authserv = cursor.value().toLowerCase();
  if (authserv === '' || cursor.failed()) return null;
  const readable = body.length <= MAX_LENGTH && !/[\x00-\x08\x0a-\x1f\x7f]/.test(body);
  return { authserv, results: readable ? readResults(cursor) : null };
}

function readResults(cursor: FieldCursor): MethodResult[] | null {
  const results: MethodResult[] = [];
  cursor.skip();
  if (cursor.take('1')) cursor.skip();
  while (!cursor.atEnd()) {
    if (!cursor.take(';')) return null;
    cursor.skip();
    if (cursor.atEnd()) break;
    const result = readResult(cursor);
    if (result !== null) results.push(result);
  }
  return cursor.failed() ? null : results;
}

/** Null for `none` and for what is no result; stands at a semicolon or the end afterwards, if all is well. */
function readResult(cursor: FieldCursor): MethodResult | null {
  const method = cursor.keyword();
  cursor.skip();
  if (method === 'none' && cursor.atEnd()) return null;
  if (cursor.take('/')) {
    cursor.skip();
    cursor.keyword();
    cursor.skip();
  }
  if (!cursor.take('=')) cursor.fail();
  cursor.skip();
  if (SES_TAIL.has(method)) {
    cursor.value();
    cursor.skip();
    return null;
  }
  const result = cursor.value().toLowerCase();
  cursor.skip();
  return { method, result, properties: readProperties(cursor) };
}

function readProperties(cursor: FieldCursor): Map<string, string | null> {
  const properties = new Map<string, string | null>();
  while (!cursor.atEnd() && !cursor.sees(';')) {
    let name = cursor.keyword();
    cursor.skip();
    while (cursor.take('.')) {
      cursor.skip();
      name += `.${cursor.keyword()}`;
      cursor.skip();
    }
    if (!cursor.take('=')) cursor.fail();
    cursor.skip();
    const value = cursor.value();
    cursor.skip();
    properties.set(name, properties.has(name) ? null : value);
  }
  return properties;
}
