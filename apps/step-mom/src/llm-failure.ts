import type { StepMomErrorCode } from './contract.ts';

/** A failure as the person who wrote may see it. */
export interface Failure {
  code: StepMomErrorCode;
  /** A sentence without secrets: nothing of what the provider sent is in it. */
  message: string;
  /** Another attempt later may work. */
  retry: boolean;
}

const unauthorized: Failure = {
  code: 'llm_unauthorized',
  message: 'The language model refused the API key. The owner of the agent has to set a valid one.',
  retry: false,
};
const rateLimited: Failure = {
  code: 'llm_rate_limited',
  message: 'The language model turned the request down because too much was asked of it at once.',
  retry: true,
};
const overloaded: Failure = {
  code: 'llm_overloaded',
  message: 'The language model is overloaded or out of order at the moment.',
  retry: true,
};
const unreachable: Failure = {
  code: 'llm_unreachable',
  message: 'The connection to the language model could not be made, or broke off.',
  retry: true,
};
const overflow: Failure = {
  code: 'llm_overflow',
  message:
    'The conversation is too long for the language model, even after it was shortened. Send /clear to begin a new one.',
  retry: false,
};
const refused: Failure = {
  code: 'llm_refused',
  message: 'The language model refused this request.',
  retry: false,
};

/** Failures that are not the provider's. */
export const ownFailures = {
  deadline: {
    code: 'deadline',
    message: 'The work was not finished in the time that one mail has, and was stopped.',
    retry: false,
  },
  stalled: {
    code: 'llm_stalled',
    message: 'The language model stopped answering in the middle.',
    retry: true,
  },
  noReply: { code: 'no_reply', message: 'The agent finished without writing an answer.', retry: false },
  internal: { code: 'internal', message: 'Something went wrong inside the agent.', retry: true },
} as const satisfies Record<string, Failure>;

const overflowPattern =
  /prompt (?:is )?too long|request_too_large|context[_ ]length|context overflow|maximum context/i;

/** Sentences of the Anthropic client, of Node's fetch, and of pi about a stream that ended too early. */
const connectionPattern =
  /connection|timed? ?out|terminated|fetch failed|socket|network|ECONN|ENOTFOUND|EPIPE|other side closed|stream ended|ended without/i;

/** Error types of the Messages API, as they stand in error bodies and in `error` events of a stream. */
const byType: Record<string, Failure> = {
  authentication_error: unauthorized,
  permission_error: unauthorized,
  billing_error: unauthorized,
  rate_limit_error: rateLimited,
  overloaded_error: overloaded,
  api_error: overloaded,
  timeout_error: overloaded,
  request_too_large: overflow,
  invalid_request_error: refused,
  not_found_error: refused,
};

function byStatus(status: number): Failure {
  if (status === 401 || status === 402 || status === 403) return unauthorized;
  if (status === 413) return overflow;
  if (status === 429) return rateLimited;
  if (status === 408 || status >= 500) return overloaded;
  return refused;
}

/**
 * What pi's error text means. The Anthropic client gives `{status} {body}` for an answer with an error status,
 * the bare JSON of an `error` event in a stream, and its own sentences for a connection that failed.
 */
export function classifyLlmFailure(errorText: string): Failure {
  if (overflowPattern.test(errorText)) return overflow;
  const status = /^([45]\d\d) |\b([45]\d\d) \{/.exec(errorText);
  if (status !== null) return byStatus(Number(status[1] ?? status[2]));
  const type = /"error":\s*\{[^{}]*?"type":\s*"([a-z_]+)"/.exec(errorText);
  const known = type?.[1] === undefined ? undefined : byType[type[1]];
  if (known !== undefined) return known;
  if (/refused to complete|sensitive/i.test(errorText)) return refused;
  return connectionPattern.test(errorText) ? unreachable : ownFailures.internal;
}
