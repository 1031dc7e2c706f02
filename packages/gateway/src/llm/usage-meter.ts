import type { TokenUsage } from '@tinyfat/core';
import { readUsageFromJson } from './usage-from-json.ts';
import { readUsageFromSse } from './usage-from-sse.ts';

/** Adds up what the upstream reported, live, over all answers of a run. */
export interface UsageMeter {
  /** A copy of the sum so far. */
  total(): TokenUsage;
  /** Starts the count of one answer; its body is then fed chunk by chunk. */
  startAnswer(contentType: string): (chunk: Uint8Array) => void;
  /** Adds an answer whose usage is known at once. */
  add(usage: TokenUsage): void;
}

const FIELDS = {
  input: 'input_tokens',
  output: 'output_tokens',
  cacheRead: 'cache_read_input_tokens',
  cacheWrite: 'cache_creation_input_tokens',
} as const;

/**
 * Within one answer the API's counts are cumulative (message_delta repeats or raises those of message_start), so
 * each field counts with its highest value: never twice, and never less than was reported.
 */
export function createUsageMeter(): UsageMeter {
  const sum: TokenUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

  return {
    total: () => ({ ...sum }),
    add(usage) {
      for (const field of fields()) sum[field] += usage[field];
    },
    startAnswer(contentType) {
      const answer: TokenUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
      const onUsage = (reported: Record<string, unknown>): void => {
        for (const field of fields()) {
          const more = tokens(reported[FIELDS[field]]) - answer[field];
          if (more > 0) {
            answer[field] += more;
            sum[field] += more;
          }
        }
      };
      const type = contentType.toLowerCase();
      if (type.startsWith('text/event-stream')) return readUsageFromSse(onUsage);
      if (type.startsWith('application/json')) return readUsageFromJson(onUsage);
      return () => {};
    },
  };
}

function fields(): (keyof TokenUsage)[] {
  return ['input', 'output', 'cacheRead', 'cacheWrite'];
}

function tokens(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
