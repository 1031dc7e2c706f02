/**
 * Whether the parts of a message can be taken apart: the parser that reads accepted mail gives up where they are nested
 * too deep or have too many bytes of header, and by then the mail has been taken. So the door asks the same parser, with
 * all lines left out that can be neither boundary nor header; and only for a message that is not plainly within limits.
 */
import PostalMime from 'postal-mime';
import { type RawLimits, type RawRefusal, rawLimits, tooComplex } from './raw-limits.ts';

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** Null when the parts can be read; for a message that has passed the prescan. */
export async function checkStructure(
  raw: Uint8Array,
  limits: RawLimits = rawLimits,
): Promise<RawRefusal | null> {
  const { boundaries, lines, bytes } = measure(raw);
  if (boundaries < limits.nesting && bytes <= limits.partHeaderBytes) return null;
  if (bytes > limits.possibleHeaderBytes) {
    return tooComplex(
      'bytes between lines that begin with -- and the next empty line',
      limits.possibleHeaderBytes,
    );
  }
  if (lines > limits.possibleHeaderLines) {
    return tooComplex(
      'lines between those that begin with -- and the next empty line',
      limits.possibleHeaderLines,
    );
  }
  const parser = new SkeletonParser({
    forceRfc822Attachments: true,
    maxNestingDepth: limits.nesting,
    maxHeadersSize: limits.partHeaderBytes,
  });
  try {
    await parser.parse(skeleton(raw));
    return null;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'too_complex', reason: `The parts of the message can't be read: ${detail}.` };
  }
}

/** Renders no text. */
class SkeletonParser extends PostalMime {
  /** Called by postal-mime 4 for each text part; what is not taken here has no text. */
  addTextEntry(): void {}
}

/**
 * The lines that can be a boundary or in a header, with the empty line after a header. Every line that begins with `--`
 * can be a boundary, and what follows it up to an empty line can be the header of a part.
 */
function* possibleLines(raw: Uint8Array): Generator<{ start: number; end: number; boundary: boolean }> {
  let inHeader = true;
  for (let start = 0; start < raw.length; ) {
    const found = raw.indexOf(LF, start);
    const end = found === -1 ? raw.length : found + 1;
    const boundary = raw[start] === DASH && raw[start + 1] === DASH;
    if (boundary || inHeader) yield { start, end, boundary };
    inHeader = boundary || (inHeader && !isEmpty(raw, start, end));
    start = end;
  }
}

/** A line of nothing but CRs is empty for postal-mime. */
function isEmpty(raw: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (raw[at] !== CR && raw[at] !== LF) return false;
  return true;
}

function measure(raw: Uint8Array): { boundaries: number; lines: number; bytes: number } {
  const sums = { boundaries: 0, lines: 0, bytes: 0 };
  for (const { start, end, boundary } of possibleLines(raw)) {
    sums.lines += 1;
    if (boundary) sums.boundaries += 1;
    sums.bytes += end - start;
  }
  return sums;
}

function skeleton(raw: Uint8Array): Uint8Array {
  const lines = Array.from(possibleLines(raw), ({ start, end }) => raw.subarray(start, end));
  return Buffer.concat(lines);
}
