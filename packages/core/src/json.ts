/** JSON that somebody else wrote: counted before it is parsed. */

/** Parses JSON; undefined (which no JSON text means) when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The most that an object of an agent's may hold, so that it costs little more memory than its text and can be written
 * again: `JSON.stringify` calls itself for each level, and every empty object takes thirty times its two characters.
 */
export const JSON_OBJECT_LIMITS = { depth: 64, values: 20_000 } as const;

/** The object, or why there is none: another text, too many levels, too many keys and values. */
export type ParsedObject =
  | { ok: true; value: Record<string, unknown> }
  | { ok: false; reason: 'not_an_object' | 'too_deep' | 'too_many_values' };

/** Parses a JSON object within `JSON_OBJECT_LIMITS`; a byte order mark before it is passed over. Never throws. */
export function parseJsonObject(text: string): ParsedObject {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (!/^[ \t\r\n]*\{/.test(body)) return { ok: false, reason: 'not_an_object' };
  const excess = excessOf(body);
  if (excess !== null) return { ok: false, reason: excess };
  const json = parseJson(body);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { ok: false, reason: 'not_an_object' };
  }
  return { ok: true, value: Object.fromEntries(Object.entries(json)) };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Counts brackets and commas outside of strings; what is no JSON is counted the same way. */
function excessOf(text: string): 'too_deep' | 'too_many_values' | null {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === COMMA) {
      values += 1;
    } else if (OPENING.has(code)) {
      depth += 1;
      values += 1;
      if (depth > JSON_OBJECT_LIMITS.depth) return 'too_deep';
    } else if (CLOSING.has(code)) {
      depth -= 1;
    }
    if (values > JSON_OBJECT_LIMITS.values) return 'too_many_values';
  }
  return null;
}

/** Index of the quote that ends the string which begins at `start`; the length of a text without one. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}
