const REQUEST_FIELDS = /^(?:accept|content-type|user-agent|x-app|anthropic-[a-z-]+|x-stainless-[a-z-]+)$/;
const ANSWER_FIELDS =
  /^(?:content-type|content-length|request-id|retry-after(?:-ms)?|x-should-retry|anthropic-ratelimit-[a-z-]+)$/;

/** What of a sandbox's request reaches the LLM: no cookie, no credential, no encoding, nothing unknown; and the key. */
export function llmRequestHeaders(headers: Headers, apiKey: string): Headers {
  const passed = only(headers, REQUEST_FIELDS);
  passed.set('x-api-key', apiKey);
  // An encoded answer would hide both the key and the token counts from the gateway.
  passed.set('accept-encoding', 'identity');
  return passed;
}

/** What of the LLM's answer reaches the sandbox: nothing about the account behind the key. */
export function llmAnswerHeaders(headers: Headers): Headers {
  const passed = only(headers, ANSWER_FIELDS);
  if (headers.has('transfer-encoding')) passed.delete('content-length');
  return passed;
}

function only(headers: Headers, names: RegExp): Headers {
  return new Headers([...headers].filter(([name]) => names.test(name)));
}
