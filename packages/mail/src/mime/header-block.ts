/**
 * The header section as bytes. Fields that decide identity are counted here, on what was received, so that
 * no parser's idea of "the first one wins" hides a second From. Where parsers differ, this reads more as a
 * field rather than less: a forged extra From can then only cause a refusal.
 */
import { type RawLimits, type RawRefusal, tooComplex } from './raw-limits.ts';

const LF = 0x0a;
const CR = 0x0d;

/** One field as one strict reader sees it. */
interface RawField {
  /** What stands before the first colon, blanks and folds included; empty without a colon. */
  name: string;
  /** What stands after it, without the line breaks of folds. */
  body: string;
}

/** The header section with the empty line that ends it (RFC 5322 section 2.1). */
export function headerBlock(raw: Uint8Array): Uint8Array {
  if (raw[0] === LF || (raw[0] === CR && raw[1] === LF)) return raw.subarray(0, 0);
  for (let at = raw.indexOf(LF); at !== -1; at = raw.indexOf(LF, at + 1)) {
    if (raw[at + 1] === LF) return raw.subarray(0, at + 2);
    if (raw[at + 1] === CR && raw[at + 2] === LF) return raw.subarray(0, at + 3);
  }
  return raw;
}

/**
 * How often a field occurs for any reader: a bare CR or LF starts a line, and any line breaks and blanks may stand
 * before the colon and at the very beginning. So it is never fewer than what mailauth or postal-mime see.
 */
export function countField(block: Uint8Array, name: string): number {
  const field = new RegExp(`(?:^[ \\t\\r\\n]*|[\\r\\n])${name}[ \\t\\r\\n]*:`, 'gi');
  return latin1(block).match(field)?.length ?? 0;
}

/**
 * Whether a line of nothing but CRs stands in the header. For postal-mime it ends the header, for mailauth it
 * does not: what follows would be the text of the mail for the one and unsigned fields for the other.
 */
export function hasFalseEnd(block: Uint8Array): boolean {
  return /(?:^|\n)\r{2,}\n/.test(latin1(block));
}

/**
 * The fields from the top, as the server that wrote the first line ends its lines: what ends otherwise is no line,
 * so that nobody's text within a field becomes a field of its own.
 */
export function* strictFields(block: Uint8Array): Generator<RawField> {
  const lineEnd = block[block.indexOf(LF) - 1] === CR ? '\r\n' : '\n';
  const text = utf8(block);
  let lines: string[] = [];
  for (const line of text.split(lineEnd)) {
    if (lines.length > 0 && !/^[ \t]/.test(line)) {
      yield rawField(lines.join(''));
      lines = [];
    }
    if (line === '') return;
    lines.push(line);
  }
  if (lines.length > 0) yield rawField(lines.join(''));
}

function rawField(unfolded: string): RawField {
  const colon = unfolded.indexOf(':');
  return { name: unfolded.slice(0, Math.max(0, colon)), body: unfolded.slice(colon + 1) };
}

/** Null when the header section is of a size that real mail has. */
export function checkHeaderBlock(block: Uint8Array, limits: RawLimits): RawRefusal | null {
  if (block.length > limits.headerBytes) return tooComplex('bytes of header', limits.headerBytes);
  let lines = 0;
  for (let at = block.indexOf(LF); at !== -1; at = block.indexOf(LF, at + 1)) lines += 1;
  if (lines > limits.headerLines) return tooComplex('header lines', limits.headerLines);
  if (latin1(block).includes('\r'.repeat(limits.carriageReturns))) {
    return tooComplex('CRs in a row in the header', limits.carriageReturns - 1);
  }
  if (longestBlank(block) > limits.headerBlanks) {
    return tooComplex('blanks in a row in the header', limits.headerBlanks);
  }
  if (countField(block, 'dkim-signature') > limits.signatures) {
    return tooComplex('DKIM signatures', limits.signatures);
  }
  return null;
}

/** White space in a row, as any reader sees it: JavaScript's patterns count all of Unicode's, in bytes or in UTF-8. */
function longestBlank(block: Uint8Array): number {
  return Math.max(longestBlankOf(latin1(block)), longestBlankOf(utf8(block)));
}

function longestBlankOf(text: string): number {
  let longest = 0;
  for (const { 0: blanks } of text.matchAll(/\s+/g)) longest = Math.max(longest, blanks.length);
  return longest;
}

function utf8(block: Uint8Array): string {
  return Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('utf8');
}

function latin1(block: Uint8Array): string {
  return Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
}
