/** Bytes that come in pieces. A client chooses how small they are, so small ones don't stay objects of their own. */

/** Bytes in order of arrival. */
export interface ByteList {
  readonly length: number;
  add(piece: Buffer): void;
  /** The first bytes, or all, in a buffer of their own. */
  join(maxBytes?: number): Buffer;
}

/** Pieces are merged when there are so many of them. */
const piecesMerged = 1024;

/** An empty list. */
export function byteList(): ByteList {
  const merged: Buffer[] = [];
  let recent: Buffer[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(piece) {
      length += piece.length;
      recent.push(piece);
      if (recent.length < piecesMerged) return;
      merged.push(Buffer.concat(recent));
      recent = [];
    },
    join: (maxBytes = length) => Buffer.concat([...merged, ...recent], Math.min(length, maxBytes)),
  };
}
