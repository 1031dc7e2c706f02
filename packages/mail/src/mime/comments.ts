/**
 * A structured field value (RFC 5322 section 3.2.2) without its comments, nested ones included. Brackets inside a
 * quoted string are text; a comment that is never closed is left as it stands. One pass, whatever the value is.
 */
export function withoutComments(value: string): string {
  let text = '';
  let quoted = false;
  let depth = 0;
  let opened = 0;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at] ?? '';
    const escaped = character === '\\' && (quoted || depth > 0) ? (value[at + 1] ?? '') : null;
    if (escaped !== null) {
      if (depth === 0) text += character + escaped;
      at += 1;
    } else if (character === '(' && !quoted) {
      if (depth === 0) opened = at;
      depth += 1;
    } else if (depth > 0) {
      if (character === ')') depth -= 1;
    } else {
      if (character === '"') quoted = !quoted;
      text += character;
    }
  }
  return depth === 0 ? text : text + value.slice(opened);
}
