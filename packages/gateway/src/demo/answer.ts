import { parseJson, type TokenUsage } from '@tinyfat/core';
import { apiError } from '../api-error.ts';
import { countDemoTokens, replyOfDemoModel } from './demo-model.ts';
import { messageAsJson, messageAsSse } from './render-message.ts';

/** The answer to a body, as the Messages API would give it: event stream, plain JSON, a token count, or an error. */
export function answerOfDemoModel(
  body: Uint8Array,
  countTokens: boolean,
): { response: Response; usage: TokenUsage | null } {
  const request = parseJson(new TextDecoder().decode(body));
  if (countTokens) {
    const counted = countDemoTokens(request);
    if (!counted.ok) return refused(counted.reason);
    return {
      response: answer('application/json', JSON.stringify({ input_tokens: counted.input })),
      usage: null,
    };
  }
  const reply = replyOfDemoModel(request);
  if (!reply.ok) return refused(reply.reason);
  const { message } = reply;
  const response = message.stream
    ? answer('text/event-stream', messageAsSse(message))
    : answer('application/json', messageAsJson(message));
  return { response, usage: message.usage };
}

function answer(contentType: string, text: string): Response {
  const body = new TextEncoder().encode(text);
  return new Response(body, {
    headers: { 'content-type': contentType, 'content-length': String(body.length) },
  });
}

function refused(reason: string): { response: Response; usage: null } {
  return { response: apiError({ status: 400, type: 'invalid_request_error', reason }), usage: null };
}
