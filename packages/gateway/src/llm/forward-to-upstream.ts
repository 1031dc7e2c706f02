import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Tally } from '../spending/tally.ts';
import { sendApiError } from './api-error.ts';
import { passAnswer } from './pass-answer.ts';
import type { BodyFeed } from './request-body.ts';
import { startUpstreamRequest, type UpstreamTarget, watchConnecting } from './upstream-request.ts';

/** How to reach the LLM for one request, and who reads its answer. */
export interface UpstreamCall extends UpstreamTarget {
  agent: Agent;
  /** Gives the request's body; `onTooLarge` where it turns out too large on the way. */
  body: (onTooLarge: (reason: string) => void) => BodyFeed;
  connectMs: number;
  /** Counts what it costs. */
  tally: Tally;
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
  const { tally } = call;
  let outgoing: ClientRequest | null = null;
  let settled = false;

  const body = call.body((reason) => {
    settle(false);
    response.shouldKeepAlive = false;
    sendApiError(response, 413, 'request_too_large', reason);
  });

  function settle(whole: boolean): void {
    settled = true;
    body.discard();
    outgoing?.destroy();
    tally.end(whole);
  }

  function fail(message: string): void {
    if (settled) return;
    settle(false);
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
    if (!good) tally.rejected();
    const onChunk = good ? tally.startAnswer(answer.headers['content-type'] ?? '') : () => {};
    passAnswer(answer, response, call.apiKey, onChunk, settle);
  }

  function attempt(agent: Agent | false): void {
    const sent = startUpstreamRequest(request, call, agent);
    let answered = false;
    outgoing = sent;
    const stopWatching = watchConnecting(sent, call.connectMs, () => {
      fail('the LLM endpoint could not be reached (no connection in time)');
    });
    sent.once('finish', tally.sent);
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
    if (!response.writableFinished) settle(false);
  });
  // Half an answer must not look like a whole one.
  tally.onCut(() => {
    settle(false);
    response.destroy();
  });
  attempt(call.agent);
}
