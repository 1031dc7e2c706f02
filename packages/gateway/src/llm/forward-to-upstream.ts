import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { FaultBarrier } from '@tinyfat/core';
import { watchInterim } from '../answer-head.ts';
import type { Tally } from '../spending/tally.ts';
import { sendApiError } from './api-error.ts';
import { type BodyRefusal, refuseBody } from './body-refusal.ts';
import { passAnswer } from './pass-answer.ts';
import type { BodyFeed } from './request-body.ts';
import { startUpstreamRequest, type UpstreamTarget, watchConnecting } from './upstream-request.ts';

/** How to reach the LLM for one request, and who reads its answer. */
export interface UpstreamCall extends UpstreamTarget {
  agent: Agent;
  /** Gives the request's body; `onRefused` where it turns out on the way that it can't be taken. */
  body: (onRefused: (refusal: BodyRefusal) => void) => BodyFeed;
  connectMs: number;
  /** A request on which nothing moves for so long is ended. */
  idleMs: number;
  /** Counts what it costs. */
  tally: Tally;
  guard: FaultBarrier;
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
  const { tally, guard } = call;
  let outgoing: ClientRequest | null = null;
  let settled = false;

  const body = call.body((refusal) => {
    settle(false);
    refuseBody(request, response, refusal);
  });

  function settle(whole: boolean): void {
    settled = true;
    body.discard();
    outgoing?.destroy();
    tally.end(whole);
  }

  function fail(message: string, status: 502 | 504 = 502): void {
    if (settled) return;
    settle(false);
    // Half an answer must not look like a whole one.
    if (response.headersSent) response.destroy();
    else sendApiError(response, status, 'api_error', message);
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
    const passes = passAnswer(answer, response, {
      apiKey: call.apiKey,
      onChunk,
      onEnd: guard(settle),
      guard,
    });
    if (!passes) fail('the LLM endpoint sent an answer that is no valid HTTP');
  }

  function attempt(agent: Agent | false): void {
    const sent = startUpstreamRequest(request, call, agent);
    let answered = false;
    outgoing = sent;
    const late = guard(() => fail('the LLM endpoint could not be reached (no connection in time)'));
    const stopWatching = watchConnecting(sent, call.connectMs, late);
    sent.setTimeout(
      call.idleMs,
      guard(() => fail('nothing moved on the connection to the LLM endpoint for too long', 504)),
    );
    sent.once('finish', guard(tally.sent));
    sent.on(
      'response',
      guard((answer: IncomingMessage) => {
        answered = true;
        onAnswer(answer);
      }),
    );
    watchInterim(sent, guard, (reason) => fail(`the LLM endpoint can not be talked to: ${reason}`));
    sent.on(
      'error',
      guard((error: NodeJS.ErrnoException) => {
        stopWatching();
        if (settled || answered || outgoing !== sent) return;
        if (agent !== false && sent.reusedSocket && body.replayable()) attempt(false);
        else fail(`the LLM endpoint could not be reached (${error.code ?? 'connection failed'})`);
      }),
    );
    body.feed(sent);
  }

  response.on(
    'close',
    guard(() => {
      if (!response.writableFinished) settle(false);
    }),
  );
  tally.onCut(
    guard(() => {
      settle(false);
      response.destroy();
    }),
  );
  attempt(call.agent);
}
