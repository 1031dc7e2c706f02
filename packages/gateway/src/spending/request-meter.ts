/**
 * The cost of one request, from when it is handed to the upstream until its answer is over. What is not known counts against
 * the budget: a request that was sent costs its input even if nobody waits for the answer, and an answer that broke off
 * costs what it can have been by its bytes and its time.
 */
import {
  type AnswerUsage,
  brokenOffTokens,
  type Clock,
  costOf,
  type ModelPrice,
  type RequestBounds,
  worstInput,
} from '@tinyfat/core';
import { NO_USAGE, usageReader } from './usage.ts';

/** What the forwarding of a request reports about it. */
export interface RequestMeter {
  /** It is handed to the upstream. */
  sent(): void;
  /** A good answer begins; gives the reader of its body. */
  startAnswer(contentType: string): (chunk: Uint8Array) => void;
  /** The upstream said no, or never got the request: that costs nothing. */
  rejected(): void;
  /** It is over; `whole` when the answer came to its end. Only the first call counts. */
  end(whole: boolean): void;
}

/** A meter as the ledger sees it. */
export interface RunningMeter extends RequestMeter {
  /** Micro-dollars so far. */
  cost(): number;
  /** What the upstream reported so far. */
  usage(): AnswerUsage;
}

interface MeterDeps {
  price: ModelPrice;
  bounds: RequestBounds;
  now: Clock;
  onSent(): void;
  /** The answer went on, so the cost may be higher. */
  onChange(): void;
  onEnd(): void;
}

/** Begins the count of one request. */
export function startMeter({ price, bounds, now, ...on }: MeterDeps): RunningMeter {
  let state: 'waiting' | 'sent' | 'rejected' | 'whole' | 'broken' = 'waiting';
  let over = false;
  let sentAt = 0;
  let endedAt: number | null = null;
  let bytes = 0;
  let reported = NO_USAGE;

  function cost(): number {
    if (state === 'rejected' || state === 'waiting') return 0;
    const inputKnown = reported.input + reported.cacheRead + reported.cacheWrite > 0;
    if (state === 'whole' && inputKnown) return costOf(price, reported);
    const milliseconds = (endedAt ?? now()) - sentAt;
    const atLeast = brokenOffTokens({ bytes, milliseconds, maxTokens: bounds.maxTokens });
    const output = Math.max(reported.output, atLeast);
    if (inputKnown) return costOf(price, { ...reported, output });
    return worstInput(price, bounds) + costOf(price, { ...NO_USAGE, output });
  }

  return {
    cost,
    usage: () => reported,
    sent() {
      if (state !== 'waiting' || over) return;
      sentAt = now();
      state = 'sent';
      on.onSent();
    },
    startAnswer(contentType) {
      const read = usageReader(contentType, (usage) => {
        reported = usage;
      });
      return (chunk) => {
        bytes += chunk.length;
        read(chunk);
        on.onChange();
      };
    },
    rejected() {
      if (!over) state = 'rejected';
    },
    end(whole) {
      if (over) return;
      over = true;
      endedAt = now();
      if (state === 'sent') state = whole ? 'whole' : 'broken';
      on.onEnd();
    },
  };
}

/** For requests that cost nothing, as count_tokens does. */
export const FREE: RequestMeter = {
  sent() {},
  startAnswer: () => () => {},
  rejected() {},
  end() {},
};
