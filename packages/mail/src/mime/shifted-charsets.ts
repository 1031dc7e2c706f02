/** Charsets that shift between ASCII and pairs of seven-bit bytes; the pairs are those of EUC with the high bits off. */

const LF = 0x0a;
const ESC = 0x1b;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const TILDE = 0x7e;

/** ISO-2022-KR (RFC 1557). Each line begins in ASCII. */
export function fromIso2022Kr(bytes: Uint8Array): string {
  const euc = new Uint8Array(bytes.length);
  let length = 0;
  let shifted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === SHIFT_OUT) shifted = true;
    else if (byte === SHIFT_IN) shifted = false;
    else if (byte === ESC && isDesignation(bytes, at)) at += 3;
    else {
      if (byte === LF) shifted = false;
      euc[length] = shifted ? inPair(byte) : byte;
      length += 1;
    }
  }
  return new TextDecoder('euc-kr').decode(euc.subarray(0, length));
}

/** `ESC $ ) C`, which stands once at the beginning. */
function isDesignation(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0x24 && bytes[at + 2] === 0x29 && bytes[at + 3] === 0x43;
}

/** HZ-GB-2312 (RFC 1843): `~{` begins pairs, `~}` ends them, `~~` is a tilde, `~` and a line end are nothing. */
export function fromHz(bytes: Uint8Array): string {
  const euc = new Uint8Array(bytes.length);
  let length = 0;
  let shifted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    const next = byte === TILDE ? String.fromCharCode(bytes[at + 1] ?? 0) : '';
    if (next === '{' || next === '}') {
      shifted = next === '{';
      at += 1;
    } else if (next === '\n') at += 1;
    else if (next === '\r' && bytes[at + 2] === LF) at += 2;
    else {
      if (next === '~' && !shifted) at += 1;
      if (byte === LF) shifted = false;
      euc[length] = shifted ? inPair(byte) : byte;
      length += 1;
    }
  }
  return new TextDecoder('gbk').decode(euc.subarray(0, length));
}

function inPair(byte: number): number {
  return byte >= 0x21 && byte <= 0x7e ? byte | 0x80 : byte;
}
