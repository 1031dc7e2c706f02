import type { StepMomErrorCode } from '@tinyfat/core';
import * as v from 'valibot';

/** A failure as the person who wrote may see it. */
export interface Failure {
  code: StepMomErrorCode;
  /**
   * A sentence about this case, to stand behind core's sentence for the code. Nothing of what the provider sent
   * is in it but a status or a known type.
   */
  message: string;
  /** Another attempt later may work. */
  retry: boolean;
}

type LlmCode = Extract<StepMomErrorCode, `llm_${string}`>;

const retried: ReadonlySet<LlmCode> = new Set([
  'llm_rate_limited',
  'llm_overloaded',
  'llm_unreachable',
  'llm_stalled',
]);

function llmFailure(code: LlmCode, message: string): Failure {
  return { code, message, retry: retried.has(code) };
}

/** The time of the turn was up. */
export function deadlineFailure(deadlineMs: number): Failure {
  return { code: 'deadline', message: `It had ${seconds(deadlineMs)}.`, retry: false };
}

/** The model fell silent. */
export function stallFailure(stallMs: number): Failure {
  return llmFailure('llm_stalled', `Nothing came from it for ${seconds(stallMs)}.`);
}

/** The model ended its turn without a text, and the agent wrote no reply of its own. */
export const noReplyFailure: Failure = {
  code: 'no_reply',
  message: 'Its last message was empty.',
  retry: false,
};

/** A fault of ours, or of a disk. */
export const internalFailure: Failure = {
  code: 'internal',
  message: 'The turn broke off with an error of its own.',
  retry: true,
};

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} seconds`;
}

/** The host's gateway let no more requests pass. Not repeated: the money will not be more a moment later. */
const budgetFailure: Failure = {
  code: 'budget_exhausted',
  message: 'The turn was stopped there; what it had done until then is kept.',
  retry: false,
};

/** The model ended its answer with `refusal` or `sensitive`. Not repeated: the answer would be the same. */
export const refusalFailure: Failure = llmFailure('llm_refused', 'It declined to answer.');

/** The model's context window was full before it had written a text. */
export const overflowFailure: Failure = llmFailure(
  'llm_overflow',
  'It is too long even after it was shortened.',
);

/** The request got no answer, or an answer without its end. */
export const unreachableFailure: Failure = llmFailure('llm_unreachable', 'No whole answer came.');

/** Error types of the Messages API, as they stand in error bodies and in `error` events of a stream. */
const byType = new Map<string, LlmCode>([
  ['authentication_error', 'llm_unauthorized'],
  ['permission_error', 'llm_unauthorized'],
  ['billing_error', 'llm_billing'],
  ['rate_limit_error', 'llm_rate_limited'],
  ['overloaded_error', 'llm_overloaded'],
  ['api_error', 'llm_overloaded'],
  ['timeout_error', 'llm_overloaded'],
  ['request_too_large', 'llm_overflow'],
  ['invalid_request_error', 'llm_refused'],
  ['not_found_error', 'llm_refused'],
]);

/**
 * Types of errors that stand for several things, each with how its message begins: the API tells them apart by nothing
 * else. Only messages of an answer with an error status are compared, never those of a stream.
 */
const byMessage: readonly [type: string, begins: string, code: LlmCode | 'budget_exhausted'][] = [
  // The host's gateway, which words its refusals as the API does.
  ['invalid_request_error', 'tinyfat gateway: budget_exhausted:', 'budget_exhausted'],
  ['invalid_request_error', 'prompt is too long', 'llm_overflow'],
  ['invalid_request_error', 'input length and `max_tokens` exceed context limit', 'llm_overflow'],
  ['invalid_request_error', 'Your credit balance is too low', 'llm_billing'],
  ['invalid_request_error', 'You have reached your specified API usage limits', 'llm_billing'],
  ['invalid_request_error', 'You have reached your specified workspace API usage limits', 'llm_billing'],
  ['invalid_request_error', 'This organization has been disabled', 'llm_unauthorized'],
  // With a status 429, but waiting does not help.
  ['rate_limit_error', 'Extra usage is required for long context requests', 'llm_billing'],
  ['rate_limit_error', 'Usage credits are required for long context requests', 'llm_billing'],
];

function codeOfStatus(status: number): LlmCode {
  if (status === 401 || status === 403) return 'llm_unauthorized';
  if (status === 402) return 'llm_billing';
  if (status === 413) return 'llm_overflow';
  if (status === 429) return 'llm_rate_limited';
  if (status === 408 || status >= 500) return 'llm_overloaded';
  return 'llm_refused';
}

/** An error as the Messages API words it, in a body or a stream (https://docs.anthropic.com/en/api/errors). */
const errorSchema = v.object({
  type: v.literal('error'),
  error: v.object({ type: v.string(), message: v.optional(v.string(), '') }),
});

/** An error's JSON is short; what is longer is some page of a proxy. */
const longestError = 100_000;

function readError(text: string): v.InferOutput<typeof errorSchema>['error'] | null {
  if (text.length > longestError) return null;
  try {
    const parsed = v.safeParse(errorSchema, JSON.parse(text));
    return parsed.success ? parsed.output.error : null;
  } catch {
    return null;
  }
}

/** What an answer with an error status means: by the error's type, and by the status where the body tells no known one. */
export function failureOfError(status: number, body: string): Failure {
  const error = readError(body);
  const known = byMessage.find(([type, begins]) => error?.type === type && error.message.startsWith(begins));
  const code = known?.[2] ?? byType.get(error?.type ?? '') ?? codeOfStatus(status);
  if (code === 'budget_exhausted') return budgetFailure;
  if (code === 'llm_overflow') return overflowFailure;
  return llmFailure(code, `It answered with HTTP status ${status}.`);
}

/** What the data of an `error` event in a stream means, by the type of its error; where there is none, the stream broke. */
export function failureOfStream(data: string): Failure {
  const type = readError(data)?.type ?? '';
  const code = byType.get(type);
  if (code === undefined) return unreachableFailure;
  return code === 'llm_overflow'
    ? overflowFailure
    : llmFailure(code, `It broke off its answer with ${type}.`);
}
