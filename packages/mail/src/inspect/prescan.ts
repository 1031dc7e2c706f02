/**
 * Looks at the raw bytes of a message before any parser does. Blank-line and boundary bombs cost a MIME
 * parser seconds and gigabytes; counting line breaks costs milliseconds. One pass, no allocation.
 */

/** What a message may hold at most. Bytes, and counts of lines. */
export interface RawLimits {
  bytes: number;
  lines: number;
  /** Lines that begin with `--`: possible MIME boundaries. */
  boundaryLines: number;
  /** Lines of fewer than seven bytes. */
  shortLines: number;
  /** Bytes of one line: hashing a body for DKIM is quadratic in them (24 MB in one line: 8 s). */
  lineBytes: number;
  headerBytes: number;
  headerLines: number;
  /** So many CRs in a row in the header are too many: trimming them is quadratic (40 kB: 1.5 s). */
  carriageReturns: number;
  /** DKIM-Signature fields; each costs a hash of the body and a DNS lookup. */
  signatures: number;
}

/** No message of a corpus of 1,174 real ones comes near these. */
export const rawLimits: RawLimits = {
  bytes: 25 * 1024 * 1024,
  lines: 600_000,
  boundaryLines: 2_000,
  shortLines: 100_000,
  lineBytes: 1_000_000,
  headerBytes: 256 * 1024,
  headerLines: 10_000,
  carriageReturns: 100,
  signatures: 20,
};

export type RawRefusal = { ok: false; code: 'too_large' | 'too_complex'; reason: string };

const LF = 0x0a;
const DASH = 0x2d;

/** Null when the message may be parsed, else what it has too much of. */
export function prescan(raw: Uint8Array, limits: RawLimits = rawLimits): RawRefusal | null {
  if (raw.length > limits.bytes) {
    return { ok: false, code: 'too_large', reason: `The message is larger than ${limits.bytes} bytes.` };
  }
  let lines = 0;
  let boundaryLines = 0;
  let shortLines = 0;
  let last = -1;
  for (let at = raw.indexOf(LF); at !== -1; at = raw.indexOf(LF, at + 1)) {
    lines += 1;
    if (at - last < 8) shortLines += 1;
    if (at - last > limits.lineBytes) return tooComplex('bytes in one line', limits.lineBytes);
    if (raw[at + 1] === DASH && raw[at + 2] === DASH) boundaryLines += 1;
    last = at;
    if (lines > limits.lines) return tooComplex('lines', limits.lines);
    if (boundaryLines > limits.boundaryLines) return tooComplex('MIME parts', limits.boundaryLines);
    if (shortLines > limits.shortLines) return tooComplex('blank or short lines', limits.shortLines);
  }
  if (raw.length - last > limits.lineBytes) return tooComplex('bytes in one line', limits.lineBytes);
  return null;
}

/** The refusal of a message that has more of something than a mail ever needs. */
export function tooComplex(what: string, limit: number): RawRefusal {
  return { ok: false, code: 'too_complex', reason: `The message has more than ${limit} ${what}.` };
}
