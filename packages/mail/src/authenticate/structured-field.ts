/**
 * The words of a structured header field (RFC 5322 section 3.2, RFC 2045 section 5.1), read in one pass from left to
 * right. Comments and quoted strings hold what a stranger chose, so nothing here searches: every character is taken
 * once and belongs to exactly one word. After something malformed the rest is not read.
 */

/** A place in one unfolded field body. */
export interface FieldCursor {
  /** Something malformed was met. */
  failed(): boolean;
  atEnd(): boolean;
  sees(character: string): boolean;
  /** Steps over one character when it is this one. */
  take(character: string): boolean;
  /** Steps over blanks and comments; comments nest. */
  skip(): void;
  /** Letters, digits, hyphens and underscores, in lower case; malformed where there is none. */
  keyword(): string;
  /**
   * A token, a quoted string without its quotes, or a mailbox whose local part is quoted; empty where nothing stands.
   * A token may have any visible character but `( ) ; " \`, because addresses, paths and base64 stand here bare.
   */
  value(): string;
  fail(): void;
}

/** A cursor at the first character. */
export function fieldCursor(text: string): FieldCursor {
  let at = 0;
  let broken = false;

  function fail(): void {
    broken = true;
    at = text.length;
  }

  function comment(): void {
    let depth = 0;
    do {
      const character = text[at];
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      at += character === '\\' ? 2 : 1;
    } while (depth > 0 && at < text.length);
    if (depth > 0) fail();
  }

  function quotedString(): string {
    let words = '';
    at += 1;
    while (text[at] !== '"') {
      if (text[at] === '\\') at += 1;
      if (at >= text.length) {
        fail();
        return '';
      }
      words += text[at];
      at += 1;
    }
    at += 1;
    return words;
  }

  function token(): string {
    const from = at;
    while (at < text.length && !/[\x00-\x20\x7f();"\\]/.test(text[at] ?? '')) at += 1;
    return text.slice(from, at);
  }

  return {
    fail,
    failed: () => broken,
    atEnd: () => at >= text.length,
    sees: (character) => text[at] === character,
    take(character) {
      if (text[at] !== character) return false;
      at += 1;
      return true;
    },
    skip() {
      while (text[at] === ' ' || text[at] === '\t' || text[at] === '(') {
        if (text[at] === '(') comment();
        else at += 1;
      }
    },
    keyword() {
      const from = at;
      while (/[A-Za-z0-9_-]/.test(text[at] ?? '')) at += 1;
      if (at === from) fail();
      return text.slice(from, at).toLowerCase();
    },
    value() {
      if (text[at] !== '"') return token();
      const quoted = quotedString();
      const mailbox = text[at] === '@' ? quoted + token() : quoted;
      // `"a"b` could be read as one word or as two.
      if (at < text.length && !/[ \t(;]/.test(text[at] ?? '')) fail();
      return mailbox;
    },
  };
}
