/** A-labels (RFC 5890 section 2.3.2.1): the `xn--` form in which a label outside ASCII stands in the DNS. */

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const MAX_CODE_POINT = 0x10ffff;

/**
 * Whether a lower-case label that begins with `xn--` stands for one in Unicode, and is what that one becomes. The URL
 * parsers of some runtimes take any such label as it is.
 */
export function isALabel(label: string): boolean {
  const decoded = decodePunycode(label.slice(4));
  if (decoded === null || /^[\x00-\x7f]*$/.test(decoded)) return false;
  return URL.parse(`http://${decoded}.example/`)?.hostname === `${label}.example`;
}

/** RFC 3492 section 6.2; null for what is no Punycode. */
export function decodePunycode(text: string): string | null {
  const delimiter = text.lastIndexOf('-');
  const output = delimiter > 0 ? [...text.slice(0, delimiter)] : [];
  let codePoint = 128;
  let position = 0;
  let bias = 72;
  let index = delimiter > 0 ? delimiter + 1 : 0;
  while (index < text.length) {
    const before = position;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = digitValue(text.charCodeAt(index));
      index += 1;
      if (digit === null) return null;
      position += digit * weight;
      const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
      if (digit < threshold) break;
      weight *= BASE - threshold;
      if (weight > MAX_CODE_POINT * 64) return null;
    }
    const length = output.length + 1;
    bias = adaptBias(position - before, length, before === 0);
    codePoint += Math.floor(position / length);
    if (codePoint > MAX_CODE_POINT) return null;
    position %= length;
    output.splice(position, 0, String.fromCodePoint(codePoint));
    position += 1;
  }
  return output.join('');
}

function digitValue(code: number): number | null {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61;
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 26;
  return null;
}

function adaptBias(delta: number, length: number, first: boolean): number {
  let rest = first ? Math.floor(delta / DAMP) : Math.floor(delta / 2);
  rest += Math.floor(rest / length);
  let k = 0;
  while (rest > ((BASE - T_MIN) * T_MAX) / 2) {
    rest = Math.floor(rest / (BASE - T_MIN));
    k += BASE;
  }
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
