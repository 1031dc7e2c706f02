/**
 * Takes the bytes of DATA off the wire. Holds at most the size limit of one message, and counts it in a byte budget;
 * what goes beyond is read and dropped but for its beginning, so that the client gets its answer.
 */
import { type ByteList, type ByteReservation, byteList, faultBarrier } from '@tinyfat/core';
import type { SMTPServerDataStream } from 'smtp-server';

/** Of a message that is too large. */
const headBytes = 64 * 1024;

export type Collected =
  | { state: 'complete'; raw: Buffer }
  /** `client`: whether it waits for its answer, is still sending far beyond the limit, or went away. */
  | { state: 'too_large'; head: Buffer; bytes: number; client: 'waiting' | 'sending' | 'gone' }
  | { state: 'no_room' }
  /** The message did not end in its time; what there is of it is dropped. */
  | { state: 'late' }
  /** The client went away; there is nobody to answer. */
  | { state: 'gone' };

/**
 * Resolves at the end of the data, at the latest when twice the limit was sent or the time (ms) is over: the stream
 * then stands still. Rejects on a fault of ours.
 * Its bytes stay counted in `reservation` until that is released.
 */
export function collectMessage(
  stream: SMTPServerDataStream,
  maxBytes: number,
  reservation: ByteReservation,
  deadlineMs: number,
): Promise<Collected> {
  const { promise, resolve, reject } = Promise.withResolvers<Collected>();
  const guard = faultBarrier((fault) => {
    clearTimeout(deadline);
    reject(fault);
  });
  let pieces: ByteList = byteList();
  let received = 0;
  let hasBudget = true;
  let settled = false;

  function shrinkToHead(): void {
    const head = joined(pieces, headBytes);
    pieces = byteList();
    pieces.add(head);
    reservation.shrink(head.length);
  }
  function store(piece: Buffer): void {
    hasBudget = hasBudget && reservation.take(piece.length);
    if (hasBudget) pieces.add(piece);
    else if (pieces.length > headBytes) shrinkToHead();
  }
  function settle(client: 'waiting' | 'sending' | 'gone' | 'late'): void {
    if (settled) return;
    settled = true;
    clearTimeout(deadline);
    if (client === 'late') resolve({ state: 'late' });
    else if (received > maxBytes)
      resolve({ state: 'too_large', head: joined(pieces), bytes: received, client });
    else if (client === 'gone') resolve({ state: 'gone' });
    else if (!hasBudget) resolve({ state: 'no_room' });
    else resolve({ state: 'complete', raw: joined(pieces) });
    pieces = byteList();
  }

  const deadline = setTimeout(
    guard(() => {
      stream.pause();
      settle('late');
    }),
    deadlineMs,
  );
  stream.on(
    'data',
    guard((chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBytes) {
        if (pieces.length > headBytes) shrinkToHead();
        store(chunk.subarray(0, Math.max(0, headBytes - pieces.length)));
      } else {
        store(chunk);
      }
      if (received > maxBytes * 2) {
        stream.pause();
        settle('sending');
      }
    }),
  );
  stream.once(
    'end',
    guard(() => settle('waiting')),
  );
  stream.once(
    'error',
    guard(() => settle('gone')),
  );
  stream.once(
    'close',
    guard(() => settle('gone')),
  );
  return promise;
}

function joined(list: ByteList, maxBytes?: number): Buffer {
  const { buffer, byteOffset, length } = list.join(maxBytes);
  return Buffer.from(buffer, byteOffset, length);
}
