/** Answers a request of `node:http` by a function of web standards, `(Request) → Response`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultBarrier } from '@tinyfat/core';
import { messageBody } from './message-body.ts';

export interface FetchRoutes {
  serve(request: Request): Promise<Response>;
  /** Answers what can't be said as a `Request`: a target that URL parsing would rewrite, or a method that is forbidden there. */
  refuse(target: string, why: 'target' | 'method'): Response;
}

/** Stands before a target in origin form; nothing else looks at it. */
const ORIGIN = 'http://gateway';

/**
 * Answers one request. When the client hangs up, the request's signal is aborted and the answer's body cancelled; an answer
 * whose body errors is cut. Rejects for a fault of ours; the caller then ends the connection.
 */
export async function serveFetch(
  incoming: IncomingMessage,
  response: ServerResponse,
  routes: FetchRoutes,
  guard: FaultBarrier,
): Promise<void> {
  const gone = new AbortController();
  response.once(
    'close',
    guard(() => {
      if (!response.writableFinished) gone.abort();
    }),
  );
  const answer = await answerTo(incoming, routes, gone.signal);
  if (!incoming.complete) response.shouldKeepAlive = false;
  await sendAnswer(answer, response, gone.signal);
}

/** What of the body nobody read is read and thrown away: some clients look for an answer only behind their whole body. */
async function answerTo(
  incoming: IncomingMessage,
  routes: FetchRoutes,
  signal: AbortSignal,
): Promise<Response> {
  const { url: target = '', method = '' } = incoming;
  if (method === 'TRACE' || !isCanonical(target)) {
    incoming.resume();
    return routes.refuse(target, method === 'TRACE' ? 'method' : 'target');
  }
  const request = webRequest(incoming, method, target, signal);
  const answer = await routes.serve(request);
  if (request.body === null) incoming.resume();
  else if (!request.body.locked) void request.body.cancel().catch(() => undefined);
  return answer;
}

/** A `Request` has a parsed URL: no other spelling of a path may become the path by that. */
function isCanonical(target: string): boolean {
  const url = URL.canParse(ORIGIN + target) ? new URL(ORIGIN + target) : null;
  return url !== null && url.pathname + url.search === target;
}

function webRequest(incoming: IncomingMessage, method: string, target: string, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === 'string') headers.set(name, value);
    else for (const one of value ?? []) headers.append(name, one);
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(ORIGIN + target, {
    method,
    headers,
    signal,
    ...(hasBody ? { body: messageBody(incoming, () => incoming.resume()), duplex: 'half' } : {}),
  });
}

async function sendAnswer(answer: Response, response: ServerResponse, gone: AbortSignal): Promise<void> {
  const reader = answer.body?.getReader();
  const cancel = (): void => void reader?.cancel().catch(() => undefined);
  if (response.destroyed) return cancel();
  gone.addEventListener('abort', cancel, { once: true });
  response.writeHead(answer.status, [...answer.headers].flat());
  if (reader === undefined) {
    response.end();
    return;
  }
  response.flushHeaders();
  for (;;) {
    const next = await reader.read().catch(() => null);
    if (next === null || response.destroyed) {
      // Half an answer must not look like a whole one.
      response.destroy();
      return;
    }
    if (next.done) break;
    if (!response.write(next.value)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
