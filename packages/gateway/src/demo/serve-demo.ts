import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson } from '@tinyfat/core';
import { sendApiError } from '../llm/api-error.ts';
import { refuseBody } from '../llm/body-refusal.ts';
import { holdBody } from '../llm/hold-body.ts';
import type { BodyParts } from '../llm/request-body.ts';
import type { LlmEndpoint } from '../llm/route.ts';
import type { UsageMeter } from '../llm/usage-meter.ts';
import { countDemoTokens, replyOfDemoModel } from './demo-model.ts';
import { messageAsJson, messageAsSse } from './render-message.ts';

/** What a request to the demo model is answered with. */
export interface DemoParts {
  endpoint: LlmEndpoint;
  bodies: BodyParts;
  meter: UsageMeter;
}

/** Answers as the Messages API would: event stream, plain JSON, a token count, or an error. */
export async function serveDemo(
  request: IncomingMessage,
  response: ServerResponse,
  parts: DemoParts,
): Promise<void> {
  const held = await holdBody(request, parts.bodies);
  if (held.kind === 'refused') refuseBody(request, response, held);
  if (held.kind !== 'held') return;
  try {
    answer(new TextDecoder().decode(held.bytes.join()), response, parts);
  } finally {
    held.release();
  }
}

function answer(body: string, response: ServerResponse, parts: DemoParts): void {
  const request = parseJson(body);
  if (parts.endpoint === 'count_tokens') {
    const counted = countDemoTokens(request);
    if (counted.ok) send(response, 'application/json', JSON.stringify({ input_tokens: counted.input }));
    else sendApiError(response, 400, 'invalid_request_error', counted.reason);
    return;
  }
  const reply = replyOfDemoModel(request);
  if (!reply.ok) {
    sendApiError(response, 400, 'invalid_request_error', reply.reason);
    return;
  }
  parts.meter.add(reply.message.usage);
  if (reply.message.stream) send(response, 'text/event-stream', messageAsSse(reply.message));
  else send(response, 'application/json', messageAsJson(reply.message));
}

function send(response: ServerResponse, contentType: string, body: string): void {
  response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
