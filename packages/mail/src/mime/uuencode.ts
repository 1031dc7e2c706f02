/** uuencode (POSIX.1-2017, uuencode): `begin mode name`, lines that say their length, `end`. */

interface UuFile {
  content: Uint8Array;
  /** As it stands behind the mode; null where there is none. */
  name: string | null;
}

const LF = 0x0a;

/** The first file in the bytes, up to `end` or the last line that is one; null where none begins. */
export function uudecode(bytes: Uint8Array): UuFile | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = /(?:^|\n)begin(?:-\S{1,20})? [0-7]{3,4}[ \t]*([^\r\n]{0,255})\r*(?:\n|$)/.exec(
    text.toString('latin1'),
  );
  if (begin === null) return null;
  const content = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = begin.index + begin[0].length; at < bytes.length; ) {
    const lineEnd = bytes.indexOf(LF, at);
    const next = lineEnd === -1 ? bytes.length : lineEnd + 1;
    const size = six(bytes, at, next);
    if (isEnd(bytes, at) || size === 0 || length + size > content.length) break;
    for (let group = at + 1, left = size; left > 0; group += 4, left -= 3) {
      const [second, third] = [six(bytes, group + 1, next), six(bytes, group + 2, next)];
      content[length] = (six(bytes, group, next) << 2) | (second >> 4);
      if (left > 1) content[length + 1] = (second << 4) | (third >> 2);
      if (left > 2) content[length + 2] = (third << 6) | six(bytes, group + 3, next);
      length += Math.min(3, left);
    }
    at = next;
  }
  const name = begin[1]?.trim() ?? '';
  return { content: content.subarray(0, length), name: name === '' ? null : name };
}

function isEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x65 && bytes[at + 1] === 0x6e && bytes[at + 2] === 0x64;
}

/** Six bits; a blank, which transports cut off, and a backquote are both 0. What can't stand there counts as that. */
function six(bytes: Uint8Array, at: number, end: number): number {
  const byte = at < end ? (bytes[at] ?? 0) : 0;
  return byte < 0x20 || byte > 0x60 ? 0 : (byte - 0x20) & 0x3f;
}
