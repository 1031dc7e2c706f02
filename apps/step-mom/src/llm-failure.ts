import type { StepMomErrorCode } from './contract.ts';

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

/** How the gateway begins the reason of such a refusal. */
const budgetPattern = /tinyfat gateway: budget_exhausted:/;

const overflowPattern =
  /prompt (?:is )?too long|request_too_large|context[_ ]length|context overflow|maximum context/i;

/** Sentences of the Anthropic client, of Node's fetch, and of pi about a stream that ended too early. */
const connectionPattern =
  /connection|timed? ?out|terminated|fetch failed|socket|network|ECONN|ENOTFOUND|EPIPE|other side closed|stream ended|ended without/i;

/** Error types of the Messages API, as they stand in error bodies and in `error` events of a stream. */
const byType = new Map<string, LlmCode>([
  ['authentication_error', 'llm_unauthorized'],
  ['permission_error', 'llm_unauthorized'],
  ['billing_error', 'llm_unauthorized'],
  ['rate_limit_error', 'llm_rate_limited'],
  ['overloaded_error', 'llm_overloaded'],
  ['api_error', 'llm_overloaded'],
  ['timeout_error', 'llm_overloaded'],
  ['invalid_request_error', 'llm_refused'],
  ['not_found_error', 'llm_refused'],
]);

function codeOfStatus(status: number): LlmCode {
  if (status === 401 || status === 402 || status === 403) return 'llm_unauthorized';
  if (status === 429) return 'llm_rate_limited';
  if (status === 408 || status >= 500) return 'llm_overloaded';
  return 'llm_refused';
}

/**
 * What pi's error text means. The Anthropic client gives `{status} {body}` for an answer with an error status,
 * the bare JSON of an `error` event in a stream, and its own sentences for a connection that failed; pi puts
 * words before these where a summary failed. A text of no known kind is a fault of ours.
 */
export function classifyLlmFailure(errorText: string): Failure {
  if (budgetPattern.test(errorText)) return budgetFailure;
  if (overflowPattern.test(errorText)) {
    return llmFailure('llm_overflow', 'It is too long even after it was shortened.');
  }
  const status = /^([45]\d\d) |\b([45]\d\d) \{/.exec(errorText);
  if (status !== null) {
    const number = Number(status[1] ?? status[2]);
    return llmFailure(codeOfStatus(number), `It answered with HTTP status ${number}.`);
  }
  const type = /"error":\s*\{[^{}]*?"type":\s*"([a-z_]+)"/.exec(errorText)?.[1] ?? '';
  const code = byType.get(type);
  if (code !== undefined) return llmFailure(code, `It broke off its answer with ${type}.`);
  if (/refused to complete|sensitive/i.test(errorText)) {
    return llmFailure('llm_refused', 'It declined to answer.');
  }
  return connectionPattern.test(errorText)
    ? llmFailure('llm_unreachable', 'No whole answer came.')
    : internalFailure;
}
