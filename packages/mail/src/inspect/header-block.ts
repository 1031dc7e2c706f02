/**
 * The header section as bytes. Fields that decide identity are counted here, on what was received, so that
 * no parser's idea of "the first one wins" hides a second From. Where parsers differ, this reads more as a
 * field rather than less: a forged extra From can then only cause a refusal.
 */
import { type RawLimits, type RawRefusal, tooComplex } from './prescan.ts';

const LF = 0x0a;
const CR = 0x0d;

/** The header section with the empty line that ends it (RFC 5322 section 2.1). */
export function headerBlock(raw: Uint8Array): Uint8Array {
  if (raw[0] === LF || (raw[0] === CR && raw[1] === LF)) return raw.subarray(0, 0);
  for (let at = raw.indexOf(LF); at !== -1; at = raw.indexOf(LF, at + 1)) {
    if (raw[at + 1] === LF) return raw.subarray(0, at + 2);
    if (raw[at + 1] === CR && raw[at + 2] === LF) return raw.subarray(0, at + 3);
  }
  return raw;
}

/** How often a field occurs; a bare CR or LF starts a line, and a fold may stand before the colon. */
export function countField(block: Uint8Array, name: string): number {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  const field = new RegExp(`(?:^|[\\r\\n])${name}[ \\t]*(?:\\r?\\n[ \\t]+)*:`, 'gi');
  return text.match(field)?.length ?? 0;
}

/** Null when the header section is of a size that real mail has. */
export function checkHeaderBlock(block: Uint8Array, limits: RawLimits): RawRefusal | null {
  if (block.length > limits.headerBytes) return tooComplex('bytes of header', limits.headerBytes);
  let lines = 0;
  for (let at = block.indexOf(LF); at !== -1; at = block.indexOf(LF, at + 1)) lines += 1;
  if (lines > limits.headerLines) return tooComplex('header lines', limits.headerLines);
  if (countField(block, 'dkim-signature') > limits.signatures) {
    return tooComplex('DKIM signatures', limits.signatures);
  }
  return null;
}
