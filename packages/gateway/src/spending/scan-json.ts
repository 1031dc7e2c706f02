/**
 * Reads a JSON text (RFC 8259) chunk by chunk and tells what stands where, without building anything. It is stricter
 * than most parsers, so that what it saw is what any of them sees: no byte order mark, no comments, no NaN, nothing
 * behind the value, valid UTF-8.
 */

/** Where a value stands: names of members, and `*` for each array. */
export type JsonPath = readonly string[];

/** One member or element. `text` is a string's value or a number as written; null where it is long, or of another kind. */
export interface JsonValue {
  kind: 'string' | 'number' | 'literal' | 'object' | 'array';
  text: string | null;
  /** Bytes of a string or number as written. */
  bytes: number;
}

/** The scanner of one text. */
export interface JsonScanner {
  push(chunk: Uint8Array): void;
  /** Ends the text; false when it was no JSON by these rules. */
  end(): boolean;
}

const MAX_DEPTH = 200;
/** More names and values than any real request has; each costs time. */
const MAX_TOKENS = 500_000;
/** Longer names and values are told without their text. */
const MAX_TEXT = 256;
const LITERALS = new Set(['true', 'false', 'null']);
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

type Expected = 'value' | 'value_or_end' | 'name' | 'name_or_end' | 'colon' | 'comma_or_end' | 'nothing';

/** Makes a scanner; `onValue` gets every value when it is whole, objects and arrays when they begin. */
export function scanJson(onValue: (path: JsonPath, value: JsonValue) => void): JsonScanner {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const path: string[] = [];
  const kinds: ('object' | 'array')[] = [];
  let expected: Expected = 'value';
  let broken = false;
  /** The token that is being read. */
  let token: 'none' | 'string' | 'bare' = 'none';
  let escaped = false;
  let bytes: number[] = [];
  let length = 0;
  let tokens = 0;

  function afterValue(): void {
    expected = kinds.length === 0 ? 'nothing' : 'comma_or_end';
    if (kinds.at(-1) === 'object') path.pop();
  }

  function endString(): void {
    token = 'none';
    const text = length <= MAX_TEXT ? stringValue(bytes) : null;
    if (length <= MAX_TEXT && text === null) broken = true;
    if (expected === 'colon') {
      // A name too long to be told is none that anybody asks for.
      path.push(text ?? '…');
      return;
    }
    onValue(path, { kind: 'string', text, bytes: length });
    afterValue();
  }

  function endBare(): void {
    token = 'none';
    const text = length <= MAX_TEXT ? String.fromCharCode(...bytes) : '';
    if (NUMBER.test(text)) onValue(path, { kind: 'number', text, bytes: length });
    else if (LITERALS.has(text)) onValue(path, { kind: 'literal', text, bytes: length });
    else broken = true;
    afterValue();
  }

  function open(kind: 'object' | 'array'): void {
    onValue(path, { kind, text: null, bytes: 0 });
    kinds.push(kind);
    if (kind === 'array') path.push('*');
    expected = kind === 'object' ? 'name_or_end' : 'value_or_end';
    if (kinds.length > MAX_DEPTH) broken = true;
  }

  function close(kind: 'object' | 'array'): void {
    const empty = kind === 'object' ? 'name_or_end' : 'value_or_end';
    if (kinds.at(-1) !== kind || (expected !== 'comma_or_end' && expected !== empty)) broken = true;
    kinds.pop();
    if (kind === 'array') path.pop();
    afterValue();
  }

  function begin(kind: 'string' | 'bare'): void {
    const isName = kind === 'string' && (expected === 'name' || expected === 'name_or_end');
    if (!isName && expected !== 'value' && expected !== 'value_or_end') broken = true;
    expected = isName ? 'colon' : 'value';
    tokens += 1;
    if (tokens > MAX_TOKENS) broken = true;
    token = kind;
    bytes = [];
    length = 0;
  }

  function structure(byte: number): void {
    switch (byte) {
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        break;
      case QUOTE:
        begin('string');
        break;
      case 0x3a:
        if (expected !== 'colon') broken = true;
        expected = 'value';
        break;
      case 0x2c:
        if (expected !== 'comma_or_end') broken = true;
        expected = kinds.at(-1) === 'object' ? 'name' : 'value';
        break;
      case 0x7b:
      case 0x5b:
        if (expected !== 'value' && expected !== 'value_or_end') broken = true;
        open(byte === 0x7b ? 'object' : 'array');
        break;
      case 0x7d:
        close('object');
        break;
      case 0x5d:
        close('array');
        break;
      default:
        begin('bare');
        bytes.push(byte);
        length = 1;
    }
  }

  /** Takes the bytes from `start` to `end` into the string that is being read. */
  function takeText(chunk: Uint8Array, start: number, end: number): void {
    const kept = Math.min(end, start + MAX_TEXT - length);
    for (let at = start; at < kept; at += 1) bytes.push(chunk[at] ?? 0);
    length += end - start;
  }

  /** Goes on in a string from `start`, to its end or that of the chunk. One tight loop: most of a body is text. */
  function inString(chunk: Uint8Array, start: number): number {
    let isEscaped = escaped;
    let at = start;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) break;
    }
    escaped = isEscaped;
    takeText(chunk, start, at);
    if (at === chunk.length) return at;
    endString();
    return at + 1;
  }

  return {
    push(chunk) {
      if (broken) return;
      try {
        utf8.decode(chunk, { stream: true });
      } catch {
        broken = true;
      }
      for (let at = 0; at < chunk.length && !broken; ) {
        if (token === 'string') {
          at = inString(chunk, at);
          continue;
        }
        const byte = chunk[at] ?? 0;
        at += 1;
        if (token === 'bare' && isBare(byte)) {
          length += 1;
          if (length <= MAX_TEXT) bytes.push(byte);
        } else {
          if (token === 'bare') endBare();
          structure(byte);
        }
      }
    },
    end() {
      if (token === 'bare' && !broken) endBare();
      try {
        utf8.decode();
      } catch {
        broken = true;
      }
      return !broken && token === 'none' && expected === 'nothing';
    },
  };
}

/** A byte that goes on a number or a literal. */
function isBare(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x45
  );
}

/** The value of a string between its quotes; null where an escape in it is none. */
function stringValue(bytes: number[]): string | null {
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x80 && byte !== BACKSLASH)) {
    return String.fromCharCode(...bytes);
  }
  try {
    const value: unknown = JSON.parse(`"${new TextDecoder().decode(Uint8Array.from(bytes))}"`);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
