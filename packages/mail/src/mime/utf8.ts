/** UTF-8 (RFC 3629) in bytes of which nobody knows whether they are. */

/** Text that is UTF-8 from its first byte to its last, with how many of its characters take how many bytes. */
interface Utf8Text {
  text: string;
  /** Characters of two bytes. */
  short: number;
  /** Characters of three or four bytes. */
  long: number;
}

/** Null for what is not UTF-8, and for plain ASCII, which is the same in nearly all charsets. */
export function validUtf8(bytes: Uint8Array): Utf8Text | null {
  if (!hasHighByte(bytes)) return null;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  let short = 0;
  let long = 0;
  for (const byte of bytes) {
    if (byte >= 0xe0) long += 1;
    else if (byte >= 0xc0) short += 1;
  }
  return { text, short, long };
}

/** Whether any byte is outside ASCII. */
export function hasHighByte(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80) return true;
  return false;
}

/**
 * Whether that is no accident in a text that is said to be in a charset whose own texts may be valid UTF-8: Chinese,
 * Japanese, Korean and Thai take three bytes in UTF-8, and their own pairs of bytes seldom fall into threes.
 */
export function isProbablyUtf8({ short, long }: Utf8Text): boolean {
  return long >= 2 && long > short;
}

/** UTF-8, each byte that can't be UTF-8 as windows-1252: mail is often put together of both. */
export function utf8OrWestern(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return mixed(bytes);
  }
}

/** Written as UTF-16 units into one buffer: bytes of a stranger must not become as many strings. */
function mixed(bytes: Uint8Array): string {
  const western = new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  const units = new Uint16Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceLength(bytes, at);
    const code = size === 0 ? western.charCodeAt(bytes[at] ?? 0) : codePoint(bytes, at, size);
    if (code > 0xffff) {
      units[length] = 0xd800 + ((code - 0x10000) >> 10);
      length += 1;
    }
    units[length] = code > 0xffff ? 0xdc00 + ((code - 0x10000) & 0x3ff) : code;
    length += 1;
    at += Math.max(1, size);
  }
  return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(units.subarray(0, length));
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  const first = bytes[at] ?? 0;
  if (size === 1) return first;
  let code = first & (0xff >> (size + 1));
  for (let next = at + 1; next < at + size; next += 1) code = (code << 6) | ((bytes[next] ?? 0) & 0x3f);
  return code;
}

/** Bytes of the valid character that begins there, 0 where none does. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  const second = bytes[at + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let next = at + 2; next < at + length; next += 1) {
    const byte = bytes[next] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}
