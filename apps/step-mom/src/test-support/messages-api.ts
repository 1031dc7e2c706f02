import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';

/** What a request said, as far as tests look at it. */
export interface ReceivedRequest {
  path: string;
  apiKey: string | undefined;
  /** The beta features that it asks for. */
  betas: string | undefined;
  body: {
    model: string;
    max_tokens?: number;
    system: unknown;
    tools?: { name: string }[];
    messages: { role: string; content: unknown }[];
  };
}

/** One answer of the stand-in. */
export type Answer =
  | {
      kind: 'text';
      text: string;
      usage?: Partial<AnswerUsage>;
      /** The raw stop reason; `end_turn` unless said otherwise. */
      stop?: string;
      /** `stop_details` beside it: what the provider says about a refusal. */
      explanation?: string;
      /** A tool call behind the text. */
      call?: { name: string; input: unknown };
    }
  | { kind: 'tools'; calls: { name: string; input: unknown }[]; text?: string }
  /** An error status with a body of any kind. */
  | { kind: 'raw_status'; status: number; body: string }
  | { kind: 'status'; status: number; type: string; message: string }
  /** An `error` event in the middle of a stream, behind a text where there is one. */
  | { kind: 'error_event'; type: string; message: string; text?: string }
  /** An event that is no JSON. */
  | { kind: 'garbled'; data: string }
  /** Begins an answer, then the connection breaks. */
  | { kind: 'drop' }
  /** Takes the request and never says a word. */
  | { kind: 'silence' }
  /** Begins an answer and then falls silent. */
  | { kind: 'stall' };

export interface AnswerUsage {
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
}

const usualUsage: AnswerUsage = {
  input_tokens: 19,
  output_tokens: 12,
  cache_read_input_tokens: 3000,
  cache_creation_input_tokens: 1200,
};

/** A running stand-in for the Messages API. */
export interface MessagesApi {
  url: string;
  port: number;
  requests: ReceivedRequest[];
  /** Resolves at the n-th request (1 for the first). */
  request(n: number): Promise<ReceivedRequest>;
  close(): Promise<void>;
}

/** Listens on a free loopback port; each request gets the answer that `script` gives for it, counted from 1. */
export async function startMessagesApi(
  script: (n: number, request: ReceivedRequest) => Answer,
): Promise<MessagesApi> {
  const requests: ReceivedRequest[] = [];
  const waiting: { n: number; resolve: (request: ReceivedRequest) => void }[] = [];
  const server = createServer(async (message, response) => {
    const request: ReceivedRequest = {
      path: message.url ?? '',
      apiKey: headerText(message, 'x-api-key'),
      betas: headerText(message, 'anthropic-beta'),
      body: JSON.parse(await readText(message)),
    };
    requests.push(request);
    for (const { n, resolve } of waiting) if (n === requests.length) resolve(request);
    reply(response, script(requests.length, request), request.body.model);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/anthropic`,
    port: address.port,
    requests,
    request(n) {
      const there = requests[n - 1];
      if (there !== undefined) return Promise.resolve(there);
      return new Promise((resolve) => waiting.push({ n, resolve }));
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function headerText(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function send(response: ServerResponse, type: string, fields: object): void {
  response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
}

function begin(response: ServerResponse, model: string, usage: AnswerUsage): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null };
  send(response, 'message_start', { message: { ...message, usage: { ...usage, output_tokens: 1 } } });
}

function textBlock(response: ServerResponse, index: number, text: string): void {
  send(response, 'content_block_start', { index, content_block: { type: 'text', text: '' } });
  send(response, 'content_block_delta', { index, delta: { type: 'text_delta', text } });
  send(response, 'content_block_stop', { index });
}

function finish(
  response: ServerResponse,
  stop_reason: string,
  usage: AnswerUsage,
  explanation?: string,
): void {
  const stop_details = explanation === undefined ? null : { type: stop_reason, explanation };
  send(response, 'message_delta', { delta: { stop_reason, stop_sequence: null, stop_details }, usage });
  send(response, 'message_stop', {});
  response.end();
}

let lastToolId = 0;

function toolBlock(response: ServerResponse, index: number, call: { name: string; input: unknown }): void {
  const id = `toolu_${++lastToolId}`;
  send(response, 'content_block_start', {
    index,
    content_block: { type: 'tool_use', id, name: call.name, input: {} },
  });
  const partial_json = JSON.stringify(call.input);
  send(response, 'content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } });
  send(response, 'content_block_stop', { index });
}

function reply(response: ServerResponse, answer: Answer, model: string): void {
  if (answer.kind === 'silence') return;
  if (answer.kind === 'status') {
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ type: 'error', error: { type: answer.type, message: answer.message } }));
    return;
  }
  if (answer.kind === 'raw_status') {
    response.writeHead(answer.status, { 'content-type': 'text/html' });
    response.end(answer.body);
    return;
  }
  const usage = { ...usualUsage, ...(answer.kind === 'text' ? answer.usage : {}) };
  begin(response, model, usage);
  switch (answer.kind) {
    case 'text':
      if (answer.text !== '') textBlock(response, 0, answer.text);
      if (answer.call !== undefined) toolBlock(response, answer.text === '' ? 0 : 1, answer.call);
      finish(response, answer.stop ?? 'end_turn', usage, answer.explanation);
      return;
    case 'tools':
      if (answer.text !== undefined) textBlock(response, 0, answer.text);
      answer.calls.forEach((call, position) => {
        toolBlock(response, position + (answer.text === undefined ? 0 : 1), call);
      });
      finish(response, 'tool_use', usage);
      return;
    case 'garbled':
      response.end(`event: content_block_delta\ndata: ${answer.data}\n\n`);
      return;
    case 'error_event':
      if (answer.text !== undefined) textBlock(response, 0, answer.text);
      send(response, 'error', { error: { type: answer.type, message: answer.message } });
      response.end();
      return;
    case 'drop':
      textBlock(response, 0, 'Half an ans');
      response.flushHeaders();
      setImmediate(() => response.destroy());
      return;
    case 'stall':
      textBlock(response, 0, 'I begin');
      return;
  }
}
