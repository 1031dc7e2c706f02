/** Bodies of R2 in pieces worth their handling: as a Worker gets them they are of 4 KiB, and a large mail of thousands. */
import type { ObjectBody } from '../bucket/bucket.ts';
import type { R2Stream } from './binding.ts';

const PIECE_BYTES = 64 * 1024;

/** The same bytes in pieces of 64 KiB, but for the last. */
export function inLargePieces(stream: R2Stream): ObjectBody {
  return {
    getReader() {
      const reader = stream.getReader({ mode: 'byob' });
      return {
        async read() {
          const { value } = await reader.read(new Uint8Array(PIECE_BYTES), { min: PIECE_BYTES });
          return value === undefined || value.length === 0 ? { done: true } : { done: false, value };
        },
        cancel: () => reader.cancel(),
      };
    },
    cancel: () => stream.cancel(),
  };
}
