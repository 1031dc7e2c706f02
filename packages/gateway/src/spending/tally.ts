/**
 * The cost of one request, from when it goes on until its answer is over. Where something is not known the count is
 * against the budget: a request that was sent costs its input even if nobody waits for the answer, and an answer that
 * broke off costs what it can have been by its bytes and its time.
 */
import {
  type AnswerUsage,
  brokenOffTokens,
  type Clock,
  costOf,
  type ModelPrice,
  type RequestBounds,
  type TokenUsage,
  worstInput,
} from '@tinyfat/core';
import type { UsageMeter } from '../llm/usage-meter.ts';

/** What the forwarding of a request reports about it. */
export interface Tally {
  /** The whole request was handed to the connection. */
  sent(): void;
  /** A good answer begins; gives the reader of its body. */
  startAnswer(contentType: string): (chunk: Uint8Array) => void;
  /** The upstream said no: that costs nothing. */
  rejected(): void;
  /** It is over; `whole` when the answer came to its end. Only the first call counts. */
  end(whole: boolean): void;
  /** What to do when the answer must go no further. */
  onCut(cut: () => void): void;
}

/** A tally as the purse sees it. */
export interface RunningTally extends Tally {
  /** Micro-dollars so far. */
  cost(): number;
  cut(): void;
}

/** What a tally needs. The bounds may change while the body is still being read. */
export interface TallyParts {
  price: () => ModelPrice;
  bounds: () => RequestBounds;
  meter: UsageMeter;
  now: Clock;
  /** Its cost may be another one. */
  onChange(): void;
  onSent(): void;
  onEnd(): void;
}

const NOTHING: AnswerUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0 };

/** Begins the tally of one request. */
export function startTally(parts: TallyParts): RunningTally {
  const { now } = parts;
  let state: 'waiting' | 'sent' | 'rejected' | 'whole' | 'broken' = 'waiting';
  let over = false;
  let sentAt: number | null = null;
  let endedAt: number | null = null;
  let bytes = 0;
  let reported = NOTHING;
  let cut = (): void => {};

  function cost(): number {
    if (state === 'rejected' || sentAt === null) return 0;
    const price = parts.price();
    const bounds = parts.bounds();
    const inputKnown = reported.input + reported.cacheRead + reported.cacheWrite > 0;
    if (state === 'whole' && inputKnown) return costOf(price, reported);
    const milliseconds = (endedAt ?? now()) - sentAt;
    const atLeast = brokenOffTokens({ bytes, milliseconds, maxTokens: bounds.maxTokens });
    const output = Math.max(reported.output, atLeast);
    if (inputKnown) return costOf(price, { ...reported, output });
    return worstInput(price, bounds) + costOf(price, { ...NOTHING, output });
  }

  function sent(): void {
    if (sentAt !== null || over) return;
    sentAt = now();
    state = 'sent';
    parts.onSent();
  }

  return {
    cost,
    sent,
    startAnswer(contentType) {
      // An answer may come before the whole request has left.
      sent();
      const read = parts.meter.startAnswer(contentType, (usage) => {
        reported = usage;
      });
      return (chunk) => {
        bytes += chunk.length;
        read(chunk);
        parts.onChange();
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
      parts.onEnd();
    },
    onCut(use) {
      cut = use;
    },
    cut: () => cut(),
  };
}

/** For requests that cost nothing, as count_tokens does. */
export const FREE: Tally = {
  sent() {},
  startAnswer: () => () => {},
  rejected() {},
  end() {},
  onCut() {},
};

/** What was used between two states of a sum. */
export function difference(now: TokenUsage, before: TokenUsage): TokenUsage {
  return {
    input: now.input - before.input,
    output: now.output - before.output,
    cacheRead: now.cacheRead - before.cacheRead,
    cacheWrite: now.cacheWrite - before.cacheWrite,
  };
}
