import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, FaultBarrier, PricedModel } from '@tinyfat/core';
import type { Gateway, GatewayEvent } from '../contract.ts';
import { serveDemo } from '../demo/serve-demo.ts';
import type { GatewayLimits } from '../limits.ts';
import { type Admitted, admitRequest } from '../spending/admit-request.ts';
import type { Purse } from '../spending/purse.ts';
import { FREE } from '../spending/tally.ts';
import { watchRequest } from '../spending/watch-request.ts';
import { type ApiErrorType, sendApiError } from './api-error.ts';
import type { BodyBudget } from './body-budget.ts';
import { type BodyRefusal, tooLarge } from './body-refusal.ts';
import { forwardToUpstream, type UpstreamCall } from './forward-to-upstream.ts';
import type { OpenUpstream } from './open-upstream.ts';
import { type BodyParts, createBodyFeed } from './request-body.ts';
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
  budget: BodyBudget;
  meter: UsageMeter;
  purse: Purse;
  models: readonly PricedModel[];
  now: Clock;
  emit: (event: GatewayEvent) => void;
}

/** The LLM route of one run. */
export interface LlmRouteServer {
  /** Answers a request in origin form, whatever it is. */
  serve(request: IncomingMessage, response: ServerResponse, guard: FaultBarrier): void;
  timing: Gateway['timing'];
}

interface Refusal {
  status: number;
  type: ApiErrorType;
  reason: string;
}

/** A request for a real model. */
interface Call {
  route: Extract<LlmRoute, { kind: 'llm' }>;
  upstream: Extract<OpenUpstream, { kind: 'anthropic' }>;
  guard: FaultBarrier;
}

const NO_SUCH_ROUTE: Refusal = { status: 404, type: 'not_found_error', reason: 'no such route' };

/** Status in the log for a sandbox that hung up before an answer began. */
const CLIENT_CLOSED_REQUEST = 499;

/** Makes the LLM route. */
export function createLlmRoute(parts: LlmRouteParts): LlmRouteServer {
  const { upstream, meter, purse, now } = parts;
  const limits = upstream.kind === 'demo' ? forDemo(parts.limits) : parts.limits;
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
      const reason = `too many LLM requests at once; ${limits.llmRequests} are possible`;
      return { status: 429, type: 'rate_limit_error', reason };
    }
    const announced = Number(request.headers['content-length'] ?? 0);
    return announced > limits.llmBodyBytes ? tooLarge(limits.llmBodyBytes) : null;
  }

  function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    const { status, type, reason } = refusal;
    parts.emit({ kind: 'llm_refused', target: request.url ?? '', reason });
    if (!request.complete) response.shouldKeepAlive = false;
    sendApiError(response, status, type, reason);
  }

  function serve(request: IncomingMessage, response: ServerResponse, guard: FaultBarrier): void {
    const route = findLlmRoute(request.url ?? '');
    const refusal = route.kind === 'not_found' ? NO_SUCH_ROUTE : whyRefused(request);
    if (route.kind === 'not_found' || refusal !== null) {
      refuse(request, response, refusal ?? NO_SUCH_ROUTE);
      return;
    }
    begin(route.path, response, guard);
    const bodies: BodyParts = { limits, budget: parts.budget, guard };
    if (upstream.kind === 'demo') {
      guard(serveDemo)(request, response, { endpoint: route.endpoint, bodies, meter });
      return;
    }
    const call = { route, upstream, guard };
    const body = (onRefused: (refusal: BodyRefusal) => void) => createBodyFeed(request, bodies, onRefused);
    if (route.endpoint === 'count_tokens') {
      // It costs nothing, and says input_tokens too: only real answers are counted.
      forward(request, response, { ...call, tally: FREE, body });
    } else if (purse.capped) {
      guard(admit)(request, response, call);
    } else {
      forward(request, response, { ...call, tally: watchRequest(request, { ...parts, guard }), body });
    }
  }

  async function admit(request: IncomingMessage, response: ServerResponse, call: Call): Promise<void> {
    let admitted: Admitted;
    try {
      admitted = await admitRequest(request, response, { ...parts, limits, guard: call.guard });
    } catch {
      const reason = 'the budget can not be read at the moment';
      admitted = { kind: 'refused', status: 500, type: 'api_error', reason };
    }
    if (admitted.kind === 'refused') refuse(request, response, admitted);
    if (admitted.kind !== 'admitted') return;
    const { body, tally } = admitted;
    forward(request, response, { ...call, tally, body: () => body });
  }

  function forward(
    request: IncomingMessage,
    response: ServerResponse,
    call: Call & Pick<UpstreamCall, 'tally' | 'body'>,
  ): void {
    const { baseUrl, apiKey } = call.upstream;
    forwardToUpstream(request, response, {
      baseUrl,
      apiKey,
      agent: parts.agents.for(baseUrl),
      path: `${call.route.path}${call.route.query}`,
      connectMs: limits.llmConnectMs,
      idleMs: limits.llmIdleMs,
      tally: call.tally,
      body: call.body,
      guard: call.guard,
    });
  }

  function begin(path: string, response: ServerResponse, guard: FaultBarrier): void {
    const startedAt = now();
    firstRequestAt ??= startedAt;
    requests += 1;
    running += 1;
    response.once(
      'close',
      guard(() => {
        running -= 1;
        lastResponseAt = now();
        const status = response.headersSent ? response.statusCode : CLIENT_CLOSED_REQUEST;
        parts.emit({ kind: 'llm', path, status, milliseconds: lastResponseAt - startedAt });
      }),
    );
  }

  return { serve, timing: () => ({ requests, firstRequestAt, lastResponseAt }) };
}

function forDemo(limits: GatewayLimits): GatewayLimits {
  return { ...limits, llmBodyBytes: Math.min(limits.llmBodyBytes, limits.demoBodyBytes) };
}
