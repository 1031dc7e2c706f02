import type { AnswerUsage, TokenUsage } from '@tinyfat/core';
import { isRecord } from '../json-shape.ts';
import { readUsageFromJson } from './usage-from-json.ts';
import { readUsageFromSse } from './usage-from-sse.ts';

/** Adds up what the upstream reported, live, over all answers of a run. */
export interface UsageMeter {
  /** A copy of the sum so far. */
  total(): TokenUsage;
  /** Starts the count of one answer; its body is then fed chunk by chunk, and `onUsage` gets its count so far. */
  startAnswer(contentType: string, onUsage?: (usage: AnswerUsage) => void): (chunk: Uint8Array) => void;
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
    startAnswer(contentType, onUsage) {
      const answer: AnswerUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0 };
      const count = (reported: Record<string, unknown>): void => {
        for (const field of fields()) {
          const more = tokens(reported[FIELDS[field]]) - answer[field];
          if (more > 0) {
            answer[field] += more;
            sum[field] += more;
          }
        }
        const written = reported.cache_creation;
        const hour = isRecord(written) ? tokens(written.ephemeral_1h_input_tokens) : 0;
        answer.cacheWriteHour = Math.max(answer.cacheWriteHour, hour);
        onUsage?.({ ...answer });
      };
      const type = contentType.toLowerCase();
      if (type.startsWith('text/event-stream')) return readUsageFromSse(count);
      if (type.startsWith('application/json')) return readUsageFromJson(count);
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
