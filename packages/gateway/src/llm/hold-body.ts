import type { IncomingMessage } from 'node:http';
import { type ByteList, byteList } from '@tinyfat/core';
import { chunkSizes } from '../small-chunks.ts';
import { type BodyRefusal, late, NO_ROOM, SMALL_CHUNKS, tooLarge, usedUp } from './body-refusal.ts';
import type { BodyParts } from './request-body.ts';

/** A body that was read to its end before anything of it goes on; or why not. `gone`: the sandbox hung up. */
export type HeldBody =
  /** `release` gives its memory back; to be called once it is needed no more, however often. */
  { kind: 'held'; bytes: ByteList; release(): void } | ({ kind: 'refused' } & BodyRefusal) | { kind: 'gone' };

/**
 * Reads a body into memory, each piece also handed to `onPiece`. What is too much, or comes too slowly, is read on, to
 * be thrown away.
 */
export function holdBody(
  request: IncomingMessage,
  { limits, budget, guard }: BodyParts,
  onPiece: (piece: Uint8Array) => void = () => {},
): Promise<HeldBody> {
  return new Promise((resolve) => {
    const bytes = byteList();
    let taken = 0;
    let over = false;
    const isEnough = chunkSizes();
    const timer = setTimeout(
      guard(() => refuse(late(limits.llmBodyMs))),
      limits.llmBodyMs,
    );

    function release(): void {
      budget.giveBack(taken);
      taken = 0;
    }

    function end(result: HeldBody): void {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (result.kind !== 'held') release();
      request.off('data', onData);
      request.resume();
      resolve(result);
    }

    function refuse(refusal: BodyRefusal): void {
      end({ kind: 'refused', ...refusal });
    }

    const onData = guard((chunk: Buffer) => {
      if (!budget.count(chunk.length)) return refuse(usedUp(limits.llmSentBytes));
      if (!isEnough(chunk.length)) return refuse(SMALL_CHUNKS);
      if (bytes.length + chunk.length > limits.llmBodyBytes) return refuse(tooLarge(limits.llmBodyBytes));
      if (!budget.take(chunk.length)) return refuse(NO_ROOM);
      taken += chunk.length;
      bytes.add(chunk);
      onPiece(chunk);
    });

    request.on('data', onData);
    request.once(
      'end',
      guard(() => end({ kind: 'held', bytes, release })),
    );
    request.once(
      'close',
      guard(() => end({ kind: 'gone' })),
    );
  });
}
