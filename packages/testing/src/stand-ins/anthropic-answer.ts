import type { ServerResponse } from 'node:http';

/** Tokens that an answer reports. */
export interface AnswerUsage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** What answers of the stand-in report unless told otherwise, so that tests can say what a footer has to hold. */
export const USAGE_PER_ANSWER = { input: 19, output: 7, cacheRead: 3000, cacheWrite: 1200 } as const;

/** One content block of an answer. */
export type AnswerBlock =
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> };

/** How far an answer gets: all of it, or its first half and then nothing, a cut, or an error event. */
export type AnswerEnd = 'whole' | 'hang' | 'drop' | 'sse_error';

/** An assistant message on its way out. */
export interface Answer {
  id: string;
  model: string;
  blocks: AnswerBlock[];
  end: AnswerEnd;
  /** The raw stop reason; null for the usual one. */
  stop: string | null;
  usage: AnswerUsage;
}

/** Sends the answer as server-sent events, each event a write of its own, without any waiting. */
export function sendEventStream(response: ServerResponse, answer: Answer): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': answer.id });
  const events = eventsOf(answer);
  if (answer.end === 'whole') {
    for (const event of events) response.write(event);
    response.end();
    return;
  }
  const half = events.slice(0, Math.ceil(events.length / 2));
  if (answer.end === 'sse_error') {
    half.push(sse('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }));
    response.end(half.join(''));
    return;
  }
  response.write(half.join(''), () => {
    if (answer.end === 'drop') response.socket?.destroy();
  });
}

/** Sends the answer as one JSON object; a half one is cut off in the middle. */
export function sendJson(response: ServerResponse, answer: Answer): void {
  const body = JSON.stringify({
    ...head(answer),
    content: answer.blocks,
    stop_reason: stopReason(answer),
    usage: usage(answer, answer.usage.output),
  });
  response.writeHead(200, { 'content-type': 'application/json', 'request-id': answer.id });
  if (answer.end === 'whole') {
    response.end(body);
    return;
  }
  response.write(body.slice(0, body.length / 2), () => {
    if (answer.end !== 'hang') response.socket?.destroy();
  });
}

const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

/** Sends an error as the API words it; 429 and 529 come with `retry-after: 1`. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'request-id': 'req_standin_error',
    ...(status === 429 || status === 529 ? { 'retry-after': '1' } : {}),
  });
  const type = ERROR_TYPES[status] ?? 'api_error';
  response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_standin_error' }));
}

function eventsOf(answer: Answer): string[] {
  const message = { ...head(answer), content: [], stop_reason: null, usage: usage(answer, 1) };
  return [
    sse('message_start', { message }),
    sse('ping', {}),
    ...answer.blocks.flatMap(blockEvents),
    sse('message_delta', {
      delta: { stop_reason: stopReason(answer), stop_sequence: null, stop_details: stopDetails(answer) },
      usage: { output_tokens: answer.usage.output },
    }),
    sse('message_stop', {}),
  ];
}

function blockEvents(block: AnswerBlock, index: number): string[] {
  const isText = block.type === 'text';
  const whole = isText ? block.text : JSON.stringify(block.input);
  const parts = whole.match(/[\s\S]{1,24}/gu) ?? [];
  return [
    sse('content_block_start', {
      index,
      content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} },
    }),
    ...parts.map((part) =>
      sse('content_block_delta', {
        index,
        delta: isText ? { type: 'text_delta', text: part } : { type: 'input_json_delta', partial_json: part },
      }),
    ),
    sse('content_block_stop', { index }),
  ];
}

function head(answer: Answer): Record<string, unknown> {
  return { id: answer.id, type: 'message', role: 'assistant', model: answer.model, stop_sequence: null };
}

function stopReason(answer: Answer): string {
  if (answer.stop !== null) return answer.stop;
  return answer.blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn';
}

function stopDetails({ stop }: Answer): Record<string, string> | null {
  if (stop !== 'refusal') return null;
  return { type: 'refusal', explanation: '529 overloaded, please try your request again' };
}

function usage(answer: Answer, output: number): Record<string, number> {
  return {
    input_tokens: answer.usage.input,
    output_tokens: output,
    cache_read_input_tokens: answer.usage.cacheRead,
    cache_creation_input_tokens: answer.usage.cacheWrite,
  };
}

function sse(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
