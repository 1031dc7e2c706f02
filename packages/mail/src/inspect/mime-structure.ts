/**
 * Whether the parts of a message can be taken apart, and hold no more than they may. Intake asks the parser that reads
 * accepted mail, so that nothing is taken which that one gives up: it makes ranges of the bytes and costs a few
 * milliseconds a megabyte. Of a message that may be too large the parts are counted, one after the other.
 */
import { MAX_DECODED_BYTES, SIZE_LIMITS } from '@tinyfat/core';
import { type MimePart, mimeTree } from '../mime/mime-tree.ts';
import type { RawRefusal } from '../mime/raw-limits.ts';
import { decodedLength } from '../mime/transfer-encoding.ts';

/** Null when the parts can be read; for a message that has passed the prescan. */
export function checkStructure(raw: Uint8Array): RawRefusal | null {
  let parts: MimePart[];
  try {
    parts = mimeTree(raw).parts;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'too_complex', reason: `The parts of the message can't be read: ${detail}` };
  }
  // No encoding makes bytes out of fewer.
  if (raw.length <= MAX_DECODED_BYTES) return null;
  let bytes = 0;
  for (const { body, encoding } of parts) {
    bytes += decodedLength(body, encoding, Math.max(0, MAX_DECODED_BYTES - bytes));
  }
  if (bytes <= MAX_DECODED_BYTES) return null;
  return {
    ok: false,
    code: 'too_large',
    reason: `The parts of the message hold ${bytes} bytes: ${SIZE_LIMITS}.`,
  };
}
