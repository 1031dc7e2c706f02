import type { ClientRequest, IncomingMessage } from 'node:http';
import { type ByteList, byteList, type FaultBarrier } from '@tinyfat/core';
import type { GatewayLimits } from '../limits.ts';
import { chunkSizes } from '../small-chunks.ts';
import type { BodyBudget } from './body-budget.ts';
import { type BodyRefusal, SMALL_CHUNKS, tooLarge, usedUp } from './body-refusal.ts';

/** Up to this size a body is kept until the answer begins, so that it can be sent once more. */
const REPLAY_BYTES = 1024 * 1024;

/** Feeds one request body to the upstream request of the moment. */
export interface BodyFeed {
  /** Sends what came so far and all that follows to this request. */
  feed(target: ClientRequest): void;
  /** True while everything that came is still kept. */
  replayable(): boolean;
  /** Stops keeping: an answer came, so nothing will be sent again. */
  forget(): void;
  /** Stops feeding; what still comes is read and thrown away. */
  discard(): void;
}

/** What the bodies of a run are held to. */
export interface BodyParts {
  limits: Pick<GatewayLimits, 'llmBodyBytes' | 'llmSentBytes' | 'llmBodyMs'>;
  budget: BodyBudget;
  guard: FaultBarrier;
}

/**
 * Streams a body with backpressure. Where it goes beyond a limit it stops feeding and calls `onRefused` once. What is
 * kept for a second try is taken from the budget; where that has no room, there is no second try.
 */
export function createBodyFeed(
  request: IncomingMessage,
  { limits, budget, guard }: BodyParts,
  onRefused: (refusal: BodyRefusal) => void,
): BodyFeed {
  let target: ClientRequest | null = null;
  let kept: ByteList | null = byteList();
  let bytes = 0;
  let ended = false;
  const isEnough = chunkSizes();

  const onData = guard((chunk: Buffer) => {
    bytes += chunk.length;
    if (!budget.count(chunk.length)) return refuse(usedUp(limits.llmSentBytes));
    if (!isEnough(chunk.length)) return refuse(SMALL_CHUNKS);
    if (bytes > limits.llmBodyBytes) return refuse(tooLarge(limits.llmBodyBytes));
    if (bytes > REPLAY_BYTES || (kept !== null && !budget.take(chunk.length))) forget();
    kept?.add(chunk);
    if (target !== null && !target.write(chunk)) {
      request.pause();
      target.once('drain', () => request.resume());
    }
  });

  function refuse(refusal: BodyRefusal): void {
    discard();
    onRefused(refusal);
  }

  function forget(): void {
    if (kept !== null) budget.giveBack(kept.length);
    kept = null;
  }

  function discard(): void {
    target = null;
    forget();
    request.off('data', onData);
    request.resume();
  }

  request.on('data', onData);
  request.on(
    'end',
    guard(() => {
      ended = true;
      target?.end();
    }),
  );

  return {
    feed(next) {
      target = next;
      for (const piece of kept?.pieces() ?? []) next.write(piece);
      if (ended) next.end();
      else request.resume();
    },
    replayable: () => kept !== null,
    forget,
    discard,
  };
}

/** Feeds a body that is here already; `onDone` is called once, when it is needed no more. */
export function heldBodyFeed(pieces: readonly Uint8Array[], onDone: () => void): BodyFeed {
  let kept: readonly Uint8Array[] | null = pieces;
  function forget(): void {
    if (kept !== null) onDone();
    kept = null;
  }
  return {
    feed(target) {
      for (const piece of kept ?? []) target.write(piece);
      target.end();
    },
    replayable: () => kept !== null,
    forget,
    discard: forget,
  };
}
