/** JSON that somebody else wrote: counted before it is parsed. */

/** Parses JSON; undefined (which no JSON text means) when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a JSON text may hold; `nameLength` in UTF-16 units. */
export interface JsonLimits {
  depth: number;
  values: number;
  nameLength?: number;
}

/**
 * The most that an object of an agent's may hold, so that it costs little more memory than its text and can be written
 * again: `JSON.stringify` calls itself for each level, and every empty object takes thirty times its two characters.
 */
export const JSON_OBJECT_LIMITS = { depth: 64, values: 20_000 } as const;

/** How many values a text holds, or what it has too much of. */
export type JsonMeasure =
  | { ok: true; values: number }
  | { ok: false; reason: 'too_deep' | 'too_many_values' | 'name_too_long' };

/** The object with how many values it holds, or why there is none: another text, or too much of something. */
export type ParsedObject =
  | { ok: true; value: Record<string, unknown>; values: number }
  | { ok: false; reason: 'not_an_object' | 'too_deep' | 'too_many_values' | 'name_too_long' };

/** Parses a JSON object within the limits; a byte order mark before it is passed over. Never throws. */
export function parseJsonObject(text: string, limits: JsonLimits = JSON_OBJECT_LIMITS): ParsedObject {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (!/^[ \t\r\n]*\{/.test(body)) return { ok: false, reason: 'not_an_object' };
  const measured = measureJson(body, limits);
  if (!measured.ok) return measured;
  const json = parseJson(body);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { ok: false, reason: 'not_an_object' };
  }
  return { ok: true, value: Object.fromEntries(Object.entries(json)), values: measured.values };
}

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Counts brackets and commas outside of strings, before anything is made of the text: a megabyte of `[[[[…` or
 * `{},{},…` costs forty times that once it is parsed. What is no JSON is counted the same way. Linear.
 */
export function measureJson(text: string, limits: JsonLimits): JsonMeasure {
  const { nameLength = Number.POSITIVE_INFINITY } = limits;
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (end - at - 1 > nameLength && isName(text, end)) return { ok: false, reason: 'name_too_long' };
      at = end;
    } else if (code === COMMA) {
      values += 1;
    } else if (OPENING.has(code)) {
      depth += 1;
      values += 1;
      if (depth > limits.depth) return { ok: false, reason: 'too_deep' };
    } else if (CLOSING.has(code)) {
      depth -= 1;
    }
    if (values > limits.values) return { ok: false, reason: 'too_many_values' };
  }
  return { ok: true, values };
}

function isName(text: string, end: number): boolean {
  let at = end + 1;
  while (/[ \t\r\n]/.test(text[at] ?? '')) at += 1;
  return text.charCodeAt(at) === COLON;
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
