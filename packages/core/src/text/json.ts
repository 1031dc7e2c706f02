/** JSON that somebody else wrote: read within bounds before it is parsed, or without being parsed at all. */

/** True for a JSON object; arrays and null are none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses JSON; undefined (which no JSON text means) when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a JSON text may hold; `values` counts brackets and commas, `nameLength` UTF-16 units. */
interface JsonLimits {
  depth: number;
  values: number;
  nameLength?: number;
}

/**
 * The most that an object of an agent's may hold, so that it costs little more memory than its text and can be written
 * again: `JSON.stringify` calls itself for each level, and every empty object takes thirty times its two characters.
 */
export const JSON_OBJECT_LIMITS = { depth: 64, values: 20_000 } as const;

type TooMuch = 'too_deep' | 'too_many_values' | 'name_too_long';

/** How many values a text holds, or what it has too much of. */
export type JsonMeasure = { ok: true; values: number } | { ok: false; reason: TooMuch };

/** The object with how many values it holds, or why there is none: another text, or too much of something. */
type ParsedObject =
  | { ok: true; value: Record<string, unknown>; values: number }
  | { ok: false; reason: 'not_an_object' | TooMuch };

/** Parses a JSON object within the limits; a byte order mark before it is passed over. Never throws. */
export function parseJsonObject(text: string, limits: JsonLimits = JSON_OBJECT_LIMITS): ParsedObject {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (!/^[ \t\r\n]*\{/.test(body)) return { ok: false, reason: 'not_an_object' };
  const measured = measureJson(body, limits);
  if (!measured.ok) return measured;
  const json = parseJson(body);
  if (!isRecord(json)) return { ok: false, reason: 'not_an_object' };
  return { ok: true, value: Object.fromEntries(Object.entries(json)), values: measured.values };
}

/**
 * Counts what a text holds before anything is made of it: a megabyte of `[[[[…` or `{},{},…` costs forty times that once
 * it is parsed. A text that is no JSON is counted up to where it is none. Linear.
 */
export function measureJson(text: string, limits: JsonLimits): JsonMeasure {
  const scanner = scanJson(() => {}, limits);
  scanner.push(text);
  const scanned = scanner.end();
  if (scanned.ok) return scanned;
  if (scanned.reason === 'not_json') return { ok: true, values: scanned.values };
  return { ok: false, reason: scanned.reason };
}

/** Where a value stands: names of members, and `*` for each array. */
export type JsonPath = readonly string[];

/**
 * One member or element. `text` is a string's value or a number as written; null where it is longer than 256 UTF-16
 * units, or of another kind.
 */
export interface JsonValue {
  kind: 'string' | 'number' | 'literal' | 'object' | 'array';
  text: string | null;
  /** UTF-16 units of a string or number as written: never more than its bytes in UTF-8. */
  length: number;
}

/** The scanner of one text. */
interface JsonScanner {
  push(text: string): void;
  /** `at`: UTF-16 units before what can not be read, or is too much. */
  end():
    | { ok: true; values: number }
    | { ok: false; reason: 'not_json' | TooMuch; values: number; at: number };
}

/** Longer names and values are reported without their text. */
const MAX_TEXT = 256;
const LITERALS = new Set(['true', 'false', 'null']);
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

type Expected = 'value' | 'value_or_end' | 'name' | 'name_or_end' | 'colon' | 'comma_or_end' | 'nothing';

/**
 * Reads a JSON text (RFC 8259) piece by piece and reports what stands where, building nothing; members of the same name
 * are reported each. It is stricter than most parsers, so that what it saw is what any of them sees: no byte order mark,
 * no comments, no NaN, nothing behind the value. `onValue` gets every value when it is whole, objects and arrays when they
 * begin; the path is only valid during the call.
 */
export function scanJson(
  onValue: (path: JsonPath, value: JsonValue) => void,
  limits: JsonLimits,
): JsonScanner {
  const { nameLength = Number.POSITIVE_INFINITY } = limits;
  const path: string[] = [];
  const kinds: ('object' | 'array')[] = [];
  let expected: Expected = 'value';
  let broken: 'not_json' | TooMuch | null = null;
  /** The token that is being read, its first characters, and how many it has. */
  let token: 'none' | 'string' | 'bare' = 'none';
  let start = '';
  let length = 0;
  /** The last character of the piece before began an escape. */
  let escaped = false;
  let values = 1;
  /** UTF-16 units of the pieces before, where the token begins, and where the text is broken. */
  let passed = 0;
  let tokenAt = 0;
  let brokenAt: number | null = null;

  function fail(reason: 'not_json' | TooMuch = 'not_json'): void {
    broken ??= reason;
  }

  function count(): void {
    values += 1;
    if (values > limits.values) fail('too_many_values');
  }

  function afterValue(): void {
    expected = kinds.length === 0 ? 'nothing' : 'comma_or_end';
    if (kinds.at(-1) === 'object') path.pop();
  }

  function endString(): void {
    token = 'none';
    const text = length <= MAX_TEXT ? stringValue(start) : null;
    if (length <= MAX_TEXT && text === null) {
      fail();
      return;
    }
    if (expected === 'colon') {
      if (length > nameLength) {
        fail('name_too_long');
        return;
      }
      // A name that is too long to be reported is none that anybody asks for.
      path.push(text ?? '…');
      return;
    }
    onValue(path, { kind: 'string', text, length });
    afterValue();
  }

  function endBare(): void {
    token = 'none';
    const text = length <= MAX_TEXT ? start : '';
    if (NUMBER.test(text)) onValue(path, { kind: 'number', text, length });
    else if (LITERALS.has(text)) onValue(path, { kind: 'literal', text, length });
    else fail();
    afterValue();
  }

  function open(kind: 'object' | 'array'): void {
    if (expected !== 'value' && expected !== 'value_or_end') {
      fail();
      return;
    }
    count();
    onValue(path, { kind, text: null, length: 0 });
    kinds.push(kind);
    if (kind === 'array') path.push('*');
    expected = kind === 'object' ? 'name_or_end' : 'value_or_end';
    if (kinds.length > limits.depth) fail('too_deep');
  }

  function close(kind: 'object' | 'array'): void {
    const empty = kind === 'object' ? 'name_or_end' : 'value_or_end';
    if (kinds.at(-1) !== kind || (expected !== 'comma_or_end' && expected !== empty)) {
      fail();
      return;
    }
    kinds.pop();
    if (kind === 'array') path.pop();
    afterValue();
  }

  function begin(kind: 'string' | 'bare'): void {
    const isName = kind === 'string' && (expected === 'name' || expected === 'name_or_end');
    if (!isName && expected !== 'value' && expected !== 'value_or_end') {
      fail();
      return;
    }
    expected = isName ? 'colon' : 'value';
    token = kind;
    start = '';
    length = 0;
  }

  function structure(text: string, at: number): void {
    switch (text.charCodeAt(at)) {
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        break;
      case QUOTE:
        begin('string');
        break;
      case 0x3a:
        if (expected !== 'colon') fail();
        expected = 'value';
        break;
      case 0x2c:
        if (expected !== 'comma_or_end') {
          fail();
          return;
        }
        count();
        expected = kinds.at(-1) === 'object' ? 'name' : 'value';
        break;
      case 0x7b:
        open('object');
        break;
      case 0x5b:
        open('array');
        break;
      case 0x7d:
        close('object');
        break;
      case 0x5d:
        close('array');
        break;
      default:
        begin('bare');
        take(text, at, at + 1);
    }
  }

  function take(text: string, from: number, to: number): void {
    if (length < MAX_TEXT) start += text.slice(from, Math.min(to, from + MAX_TEXT - length));
    length += to - from;
  }

  /** Goes on in a string from `from`, to its end or that of the piece. */
  function inString(text: string, from: number): number {
    for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
      if (isEscaped(text, from, end)) continue;
      escaped = false;
      take(text, from, end);
      endString();
      return end + 1;
    }
    escaped = isEscaped(text, from, text.length);
    take(text, from, text.length);
    return text.length;
  }

  /** Whether an odd number of backslashes stands before `end`, that of the piece before included. */
  function isEscaped(text: string, from: number, end: number): boolean {
    let at = end;
    while (at > from && text.charCodeAt(at - 1) === BACKSLASH) at -= 1;
    return (end - at) % 2 === (at === from && escaped ? 0 : 1);
  }

  function inBare(text: string, from: number): number {
    let end = from;
    while (end < text.length && isBare(text.charCodeAt(end))) end += 1;
    take(text, from, end);
    if (end < text.length) endBare();
    return end;
  }

  return {
    push(text) {
      for (let at = 0; at < text.length && broken === null; ) {
        if (token === 'none') tokenAt = passed + at;
        if (token === 'string') at = inString(text, at);
        else if (token === 'bare') at = inBare(text, at);
        else {
          structure(text, at);
          at += 1;
        }
        if (broken !== null) brokenAt ??= tokenAt;
      }
      passed += text.length;
    },
    end() {
      if (token === 'bare' && broken === null) {
        endBare();
        if (broken !== null) brokenAt = tokenAt;
      }
      if (token === 'string' || expected !== 'nothing') fail();
      if (broken === null) return { ok: true, values };
      return { ok: false, reason: broken, values, at: brokenAt ?? passed };
    },
  };
}

/** A character that goes on a number or a literal. */
function isBare(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x45
  );
}

/** The value of a string between its quotes; null where an escape in it is none. */
function stringValue(raw: string): string | null {
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(raw)) return raw;
  const value = parseJson(`"${raw}"`);
  return typeof value === 'string' ? value : null;
}
