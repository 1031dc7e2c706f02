/**
 * Looks at the raw bytes of a message before any parser does. Blank-line and boundary bombs cost a MIME
 * parser seconds and gigabytes; counting line breaks costs milliseconds. One pass, no allocation.
 */
import { SIZE_LIMITS } from '@tinyfat/core';
import { type RawLimits, type RawRefusal, rawLimits, tooComplex } from './raw-limits.ts';

const LF = 0x0a;
const DASH = 0x2d;

/** Null when the message may be parsed, else what it has too much of. */
export function prescan(raw: Uint8Array, limits: RawLimits = rawLimits): RawRefusal | null {
  if (raw.length > limits.bytes) {
    return { ok: false, code: 'too_large', reason: `The message has ${raw.length} bytes: ${SIZE_LIMITS}.` };
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
