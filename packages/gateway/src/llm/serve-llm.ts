import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, PricedModel } from '@tinyfat/core';
import type { Gateway, GatewayEvent } from '../contract.ts';
import { serveDemo } from '../demo/serve-demo.ts';
import type { GatewayLimits } from '../limits.ts';
import { admitRequest } from '../spending/admit-request.ts';
import { heldRoom } from '../spending/hold-body.ts';
import type { Purse } from '../spending/purse.ts';
import { FREE, type Tally } from '../spending/tally.ts';
import { watchRequest } from '../spending/watch-request.ts';
import { type ApiErrorType, sendApiError } from './api-error.ts';
import { forwardToUpstream } from './forward-to-upstream.ts';
import type { OpenUpstream } from './open-upstream.ts';
import { type BodyFeed, createBodyFeed } from './request-body.ts';
import { findLlmRoute, type LlmRoute } from './route.ts';
import { tokenMatches } from './run-token.ts';
import type { UpstreamAgents } from './upstream-agents.ts';
import type { UsageMeter } from './usage-meter.ts';

/** What the LLM route of one run needs. */
export interface LlmRouteParts {
  upstream: OpenUpstream;
  runToken: string;
  agents: UpstreamAgents;
  limits: GatewayLimits;
  meter: UsageMeter;
  purse: Purse;
  models: readonly PricedModel[];
  now: Clock;
  emit: (event: GatewayEvent) => void;
}

/** The LLM route of one run. */
export interface LlmRouteServer {
  /** Answers a request in origin form, whatever it is. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  timing: Gateway['timing'];
}

interface Refusal {
  status: number;
  type: ApiErrorType;
  reason: string;
}

type KnownRoute = Extract<LlmRoute, { kind: 'llm' }>;
type RealUpstream = Extract<OpenUpstream, { kind: 'anthropic' }>;

const NO_SUCH_ROUTE: Refusal = { status: 404, type: 'not_found_error', reason: 'no such route' };

/** Status in the log for a sandbox that hung up before an answer began. */
const CLIENT_CLOSED_REQUEST = 499;

/** Makes the LLM route. */
export function createLlmRoute(parts: LlmRouteParts): LlmRouteServer {
  const { upstream, limits, meter, purse, now } = parts;
  const room = heldRoom(limits.llmHeldBytes);
  let requests = 0;
  let running = 0;
  let firstRequestAt: number | null = null;
  let lastResponseAt: number | null = null;

  function whyRefused(request: IncomingMessage): Refusal | null {
    if (request.method !== 'POST') {
      return { status: 405, type: 'invalid_request_error', reason: 'only POST is allowed here' };
    }
    if (!tokenMatches(request.headers['x-api-key'], parts.runToken)) {
      return { status: 401, type: 'authentication_error', reason: 'x-api-key must be the run token' };
    }
    if (running >= limits.llmRequests) {
      return { status: 429, type: 'rate_limit_error', reason: 'too many LLM requests at once' };
    }
    if (Number(request.headers['content-length'] ?? 0) > limits.llmBodyBytes) {
      const reason = `the request is over ${limits.llmBodyBytes} bytes`;
      return { status: 413, type: 'request_too_large', reason };
    }
    return null;
  }

  function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    const { status, type, reason } = refusal;
    parts.emit({ kind: 'refused', target: request.url ?? '', reason });
    if (!request.complete) response.shouldKeepAlive = false;
    sendApiError(response, status, type, reason);
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const route = findLlmRoute(request.url ?? '');
    const refusal = route.kind === 'not_found' ? NO_SUCH_ROUTE : whyRefused(request);
    if (route.kind === 'not_found' || refusal !== null) {
      refuse(request, response, refusal ?? NO_SUCH_ROUTE);
      return;
    }
    begin(route.path, response);
    if (upstream.kind === 'demo') {
      serveDemo(request, response, { endpoint: route.endpoint, bodyLimit: limits.llmBodyBytes, meter });
    } else if (route.endpoint === 'count_tokens') {
      // It costs nothing, and says input_tokens too: only real answers are counted.
      forward(request, response, { route, upstream, tally: FREE, body: streamed(request) });
    } else if (purse.capped) {
      admit(request, response, { route, upstream }).catch(() => {
        const reason = 'the budget can not be read at the moment';
        refuse(request, response, { status: 500, type: 'api_error', reason });
      });
    } else {
      const body = streamed(request);
      forward(request, response, { route, upstream, tally: watchRequest(request, parts), body });
    }
  }

  async function admit(
    request: IncomingMessage,
    response: ServerResponse,
    to: { route: KnownRoute; upstream: RealUpstream },
  ): Promise<void> {
    const admitted = await admitRequest(request, response, { ...parts, room });
    if (admitted.kind === 'refused') refuse(request, response, admitted);
    if (admitted.kind !== 'admitted') return;
    const { body, tally } = admitted;
    forward(request, response, { ...to, tally, body: () => body });
  }

  function streamed(request: IncomingMessage): (onTooLarge: (reason: string) => void) => BodyFeed {
    return (onTooLarge) => createBodyFeed(request, limits.llmBodyBytes, onTooLarge);
  }

  function forward(
    request: IncomingMessage,
    response: ServerResponse,
    call: {
      route: KnownRoute;
      upstream: RealUpstream;
      tally: Tally;
      body: (onTooLarge: (reason: string) => void) => BodyFeed;
    },
  ): void {
    const { baseUrl, apiKey } = call.upstream;
    forwardToUpstream(request, response, {
      baseUrl,
      apiKey,
      agent: parts.agents.for(baseUrl),
      path: `${call.route.path}${call.route.query}`,
      connectMs: limits.llmConnectMs,
      tally: call.tally,
      body: call.body,
    });
  }

  function begin(path: string, response: ServerResponse): void {
    const startedAt = now();
    firstRequestAt ??= startedAt;
    requests += 1;
    running += 1;
    response.once('close', () => {
      running -= 1;
      lastResponseAt = now();
      const status = response.headersSent ? response.statusCode : CLIENT_CLOSED_REQUEST;
      parts.emit({ kind: 'llm', path, status, milliseconds: lastResponseAt - startedAt });
    });
  }

  return { serve, timing: () => ({ requests, firstRequestAt, lastResponseAt }) };
}
