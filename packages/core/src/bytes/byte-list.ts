/** Bytes that come in pieces. A client chooses how small they are, so small ones don't stay objects of their own. */

/** Bytes in order of arrival. */
export interface ByteList {
  readonly length: number;
  add(piece: Uint8Array): void;
  /** All of them, in far fewer pieces than were added where those were small. */
  pieces(): Uint8Array[];
  /** The first bytes, or all, in an array of their own. */
  join(maxBytes?: number): Uint8Array;
}

/** Pieces are merged when there are so many of them. */
const piecesMerged = 1024;

/** An empty list. */
export function byteList(): ByteList {
  const merged: Uint8Array[] = [];
  let recent: Uint8Array[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(piece) {
      length += piece.length;
      recent.push(piece);
      if (recent.length < piecesMerged) return;
      merged.push(joinBytes(recent));
      recent = [];
    },
    pieces: () => [...merged, ...recent],
    join: (maxBytes = length) => joinBytes(firstBytes([...merged, ...recent], maxBytes)),
  };
}

function firstBytes(pieces: readonly Uint8Array[], maxBytes: number): Uint8Array[] {
  const first: Uint8Array[] = [];
  let left = maxBytes;
  for (const piece of pieces) {
    if (left <= 0) break;
    first.push(piece.subarray(0, left));
    left -= piece.length;
  }
  return first;
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
