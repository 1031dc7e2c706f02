/**
 * Whether the parts of a message can be taken apart. The door asks the parser that reads accepted mail, so that nothing is
 * taken which that one gives up: it makes ranges of the bytes and decodes nothing, and costs a few milliseconds a megabyte.
 */
import { mimeTree } from '../read/mime-tree.ts';
import type { RawRefusal } from './raw-limits.ts';

/** Null when the parts can be read; for a message that has passed the prescan. */
export function checkStructure(raw: Uint8Array): RawRefusal | null {
  try {
    mimeTree(raw);
    return null;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'too_complex', reason: `The parts of the message can't be read: ${detail}` };
  }
}
