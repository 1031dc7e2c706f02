import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { sendApiError } from './api-error.ts';
import { passAnswer } from './pass-answer.ts';
import { createBodyFeed } from './request-body.ts';
import { startUpstreamRequest, type UpstreamTarget, watchConnecting } from './upstream-request.ts';

/** How to reach the LLM for one request, and who reads its answer. */
export interface UpstreamCall extends UpstreamTarget {
  agent: Agent;
  bodyLimit: number;
  connectMs: number;
  /** Called for a 2xx answer with its content type; gives the reader of its body. */
  startAnswer: (contentType: string) => (chunk: Uint8Array) => void;
}

/**
 * Passes a request to the LLM with the real key, and the answer back. When the sandbox hangs up, so do we. A kept
 * connection that the other end closed in the meantime is no failure: the request goes once more, on a fresh one.
 */
export function forwardToUpstream(
  request: IncomingMessage,
  response: ServerResponse,
  call: UpstreamCall,
): void {
  let outgoing: ClientRequest | null = null;
  let settled = false;

  const body = createBodyFeed(request, call.bodyLimit, () => {
    settle();
    response.shouldKeepAlive = false;
    sendApiError(response, 413, 'request_too_large', `the request is over ${call.bodyLimit} bytes`);
  });

  function settle(): void {
    settled = true;
    body.discard();
    outgoing?.destroy();
  }

  function fail(message: string): void {
    if (settled) return;
    settle();
    sendApiError(response, 502, 'api_error', message);
  }

  function onAnswer(answer: IncomingMessage): void {
    if (settled) return;
    body.forget();
    if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity') {
      fail('the LLM endpoint answered in an encoding that was not asked for');
      return;
    }
    const good = answer.statusCode !== undefined && answer.statusCode >= 200 && answer.statusCode < 300;
    const onChunk = good ? call.startAnswer(answer.headers['content-type'] ?? '') : () => {};
    passAnswer(answer, response, call.apiKey, onChunk, settle);
  }

  function attempt(agent: Agent | false): void {
    const sent = startUpstreamRequest(request, call, agent);
    let answered = false;
    outgoing = sent;
    const stopWatching = watchConnecting(sent, call.connectMs, () => {
      fail('the LLM endpoint could not be reached (no connection in time)');
    });
    sent.on('response', (answer) => {
      answered = true;
      onAnswer(answer);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      stopWatching();
      if (settled || answered || outgoing !== sent) return;
      if (agent !== false && sent.reusedSocket && body.replayable()) attempt(false);
      else fail(`the LLM endpoint could not be reached (${error.code ?? 'connection failed'})`);
    });
    body.feed(sent);
  }

  response.on('close', () => {
    if (!response.writableFinished) settle();
  });
  attempt(call.agent);
}
