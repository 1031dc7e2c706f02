import { readBody } from '@tinyfat/core';
import type { LlmRefusal } from '../api-error.ts';
import type { LlmLimits } from '../limits.ts';
import { chunkSizes } from '../small-chunks.ts';
import type { BodyBudget } from './body-budget.ts';

/** A body that was read to its end before anything of it goes on; or why not. `gone`: the sandbox hung up. */
type LlmBody =
  /** `release` gives its memory back to the budget; to be called once the body is needed no more, however often. */
  | { kind: 'whole'; bytes: Uint8Array; release(): void }
  | { kind: 'refused'; refusal: LlmRefusal }
  | { kind: 'gone' };

/** What the bodies of a run are held to. */
interface BodyDeps {
  limits: Pick<LlmLimits, 'llmBodyBytes' | 'llmSentBytes' | 'llmBodyMs'>;
  budget: BodyBudget;
}

/** Reads a body into memory, each chunk also handed to `onChunk`. */
export async function readLlmBody(
  body: ReadableStream<Uint8Array> | null,
  { limits, budget }: BodyDeps,
  onChunk: (chunk: Uint8Array) => void,
): Promise<LlmBody> {
  const isEnough = chunkSizes();
  let taken = 0;
  let refusal: LlmRefusal = late(limits.llmBodyMs);
  function release(): void {
    budget.giveBack(taken);
    taken = 0;
  }
  function whyNot(bytes: number): LlmRefusal | null {
    if (!budget.count(bytes)) return usedUp(limits.llmSentBytes);
    if (!isEnough(bytes)) return SMALL_CHUNKS;
    if (taken + bytes > limits.llmBodyBytes) return tooLarge(limits.llmBodyBytes);
    return budget.take(bytes) ? null : BUSY;
  }
  const read = await readBody(body, {
    maxBytes: Number.POSITIVE_INFINITY,
    readMs: limits.llmBodyMs,
    accept(chunk) {
      const why = whyNot(chunk.length);
      if (why !== null) {
        refusal = why;
        return false;
      }
      taken += chunk.length;
      onChunk(chunk);
      return true;
    },
  });
  if (read.ok) return { kind: 'whole', bytes: read.bytes, release };
  release();
  return read.why === 'broken' ? { kind: 'gone' } : { kind: 'refused', refusal };
}

/** One body is too large; `limit` in bytes. */
export function tooLarge(limit: number): LlmRefusal {
  const reason = `the request is over ${limit} bytes; send less, for example by compacting the conversation`;
  return { status: 413, type: 'request_too_large', reason };
}

/** Other bodies take all the memory there is. */
const BUSY: LlmRefusal = {
  status: 429,
  type: 'rate_limit_error',
  reason:
    'too much is sent to the LLM at once; wait until a request has been answered, then send this one again',
};

/** The body costs far more memory than it has bytes. */
const SMALL_CHUNKS: LlmRefusal = {
  status: 400,
  type: 'invalid_request_error',
  reason: 'the request comes in too many small chunks; send it with a content-length, or in larger ones',
};

function usedUp(limit: number): LlmRefusal {
  const reason = `this run has sent ${limit} bytes of requests to the LLM, the most that it may; end the turn`;
  return { status: 413, type: 'request_too_large', reason };
}

function late(milliseconds: number): LlmRefusal {
  const reason = `the request did not arrive within ${milliseconds} ms; send it again without a pause`;
  return { status: 408, type: 'invalid_request_error', reason };
}
