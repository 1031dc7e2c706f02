/**
 * A local server that speaks the Messages API as Anthropic does, without artificial delay. What it answers is
 * written in the mail (see anthropic-directives.ts), so one server serves many tests. Without a directive the answer is
 * `Stand-in answer {hash}: {beginning of the text}` (see `defaultReply`).
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type Answer,
  type AnswerBlock,
  type AnswerEnd,
  type AnswerUsage,
  sendError,
  sendEventStream,
  sendJson,
  USAGE_PER_ANSWER,
} from './anthropic-answer.ts';
import { findDirectives } from './anthropic-directives.ts';
import { type ReadRequest, readRequest } from './anthropic-request.ts';
import { createGates } from './gates.ts';
import { bodyOf, listenOnLoopback } from './loopback-server.ts';

export { USAGE_PER_ANSWER } from './anthropic-answer.ts';

export interface AnthropicStandInOptions {
  /** Requests must carry it as x-api-key, else they get 401; absent = any key will do. */
  apiKey?: string;
  /** The directives for a text, in the place of those in the text itself: for mails that people are to read. */
  script?(text: string): string;
}

/** One request as it came; kept in order of arrival. */
export interface RecordedRequest {
  /** Epoch ms. */
  at: number;
  /** Monotonic ms (performance.now), for durations. */
  atMonotonic: number;
  path: string;
  headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined when it was none. */
  body: unknown;
  /** The new text that the directives were looked for in. */
  text: string;
  /** Set when the last byte of an answer was handed over (monotonic ms); null before, and for hung or cut ones. */
  answeredAtMonotonic: number | null;
  /** The client hung up before the answer ended. */
  aborted: boolean;
}

export interface AnthropicStandIn {
  /** To be used as ANTHROPIC_BASE_URL. */
  url: string;
  requests: RecordedRequest[];
  /** What was wrong with requests that got a 400 for their form; empty when all were good. */
  problems: string[];
  /** Resolves when `times` requests (one by default) wait or have waited at `[[gate: name]]`. */
  arrived(name: string, times?: number): Promise<void>;
  release(name: string): void;
  close(): Promise<void>;
}

/** Starts the stand-in on a free loopback port. */
export async function startAnthropicStandIn(
  options: AnthropicStandInOptions = {},
): Promise<AnthropicStandIn> {
  const requests: RecordedRequest[] = [];
  const problems: string[] = [];
  const gates = createGates();
  const failuresSoFar = new Map<string, number>();
  let answers = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record: RecordedRequest = {
      at: Date.now(),
      atMonotonic: performance.now(),
      path: request.url ?? '',
      headers: request.headers,
      body: undefined,
      text: '',
      answeredAtMonotonic: null,
      aborted: false,
    };
    requests.push(record);
    response.once('finish', () => {
      record.answeredAtMonotonic = performance.now();
    });
    response.once('close', () => {
      record.aborted = !response.writableFinished;
    });
    record.body = parse(await bodyOf(request));

    const path = record.path.split('?')[0];
    const countOnly = path === '/v1/messages/count_tokens';
    if (request.method !== 'POST' || (!countOnly && path !== '/v1/messages')) {
      return sendError(response, 404, `no such route: ${request.method} ${record.path}`);
    }
    if (options.apiKey !== undefined && request.headers['x-api-key'] !== options.apiKey) {
      return sendError(response, 401, 'invalid x-api-key');
    }
    const verdict =
      request.headers['anthropic-version'] === undefined
        ? { ok: false as const, problem: 'anthropic-version: header is required' }
        : readRequest(record.body, { countOnly });
    if (!verdict.ok) {
      problems.push(verdict.problem);
      return sendError(response, 400, verdict.problem);
    }
    record.text = verdict.request.text;
    if (countOnly) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ input_tokens: USAGE_PER_ANSWER.input }));
      return;
    }
    await follow(verdict.request, response);
  }

  /** Carries out the directives from behind the last tool call that has its result. */
  async function follow(request: ReadRequest, response: ServerResponse): Promise<void> {
    let toolsBehind = request.toolOutputs.length;
    let end: AnswerEnd = 'whole';
    let reply: string | null = null;
    let stop: string | null = null;
    let usage: AnswerUsage = USAGE_PER_ANSWER;
    const send = (blocks: AnswerBlock[]) => sendAnswer(request, response, { end, stop, usage, blocks });
    const directives = options.script ? findDirectives(options.script(request.text)) : request.directives;
    for (const directive of directives) {
      if (toolsBehind > 0) {
        if (directive.kind === 'tool') toolsBehind -= 1;
        continue;
      }
      switch (directive.kind) {
        case 'gate':
          await gates.pass(directive.name);
          break;
        case 'flaky': {
          const failures = failuresSoFar.get(request.text) ?? 0;
          failuresSoFar.set(request.text, failures + 1);
          if (failures < directive.failures) return sendError(response, 529, 'Overloaded');
          break;
        }
        case 'status':
          return sendError(
            response,
            directive.status,
            directive.message ?? `the stand-in was asked for ${directive.status}`,
          );
        case 'stop':
          stop = directive.reason;
          break;
        case 'overflow':
          return sendError(response, 400, 'prompt is too long: 210000 tokens > 200000 maximum');
        case 'hang':
          return;
        case 'drop':
        case 'sse_error':
          end = directive.kind;
          break;
        case 'hangmid':
          end = 'hang';
          break;
        case 'tool': {
          const id = `toolu_standin_${answers + 1}`;
          return send([{ type: 'tool_use', id, name: directive.name, input: directive.input }]);
        }
        case 'usage':
          usage = { ...usage, ...directive.usage };
          break;
        case 'reply':
          reply = directive.text;
          break;
      }
    }
    const output = request.toolOutputs.at(-1);
    const text = reply?.replaceAll('{output}', output ?? '') ?? defaultReply(request.text, output);
    send([{ type: 'text', text }]);
  }

  function sendAnswer(
    request: ReadRequest,
    response: ServerResponse,
    content: Pick<Answer, 'blocks' | 'end' | 'stop' | 'usage'>,
  ): void {
    answers += 1;
    const answer: Answer = { id: `msg_standin_${answers}`, model: request.model, ...content };
    if (request.stream) sendEventStream(response, answer);
    else sendJson(response, answer);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      problems.push(String(error));
      if (!response.headersSent && !response.destroyed) sendError(response, 400, String(error));
    });
  });
  server.keepAliveTimeout = 60_000;
  const { url, close } = await listenOnLoopback(server);

  return {
    url,
    requests,
    problems,
    arrived: gates.arrived,
    release: gates.release,
    close() {
      gates.releaseAll();
      return close();
    },
  };
}

/** The answer to a text without `[[reply]]`: tells texts apart and, after a tool call, shows its output. */
export function defaultReply(text: string, toolOutput?: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  // Directives are left out, lest a quoted answer sets one off again.
  const words = text
    .replace(/\[\[.*?\]\]/gs, '')
    .replace(/\s+/g, ' ')
    .trim();
  const echo = `Stand-in answer ${hash}: ${words.slice(0, 80)}`;
  return toolOutput === undefined ? echo : `${echo}\n\nThe tool said:\n\n${toolOutput}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
