import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@tinyfat/core';
import type { Gateway, GatewayEvent } from '../contract.ts';
import { serveDemo } from '../demo/serve-demo.ts';
import type { GatewayLimits } from '../limits.ts';
import { type ApiErrorType, sendApiError } from './api-error.ts';
import { forwardToUpstream } from './forward-to-upstream.ts';
import type { OpenUpstream } from './open-upstream.ts';
import { findLlmRoute } from './route.ts';
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

const NO_SUCH_ROUTE: Refusal = { status: 404, type: 'not_found_error', reason: 'no such route' };

/** Status in the log for a sandbox that hung up before an answer began. */
const CLIENT_CLOSED_REQUEST = 499;

/** Makes the LLM route. */
export function createLlmRoute(parts: LlmRouteParts): LlmRouteServer {
  const { upstream, limits, meter, now } = parts;
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

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? '';
    const route = findLlmRoute(target);
    const refusal = route.kind === 'not_found' ? NO_SUCH_ROUTE : whyRefused(request);
    if (route.kind === 'not_found' || refusal !== null) {
      const { status, type, reason } = refusal ?? NO_SUCH_ROUTE;
      parts.emit({ kind: 'refused', target, reason });
      response.shouldKeepAlive = false;
      sendApiError(response, status, type, reason);
      return;
    }
    begin(route.path, response);
    if (upstream.kind === 'demo') {
      serveDemo(request, response, { endpoint: route.endpoint, bodyLimit: limits.llmBodyBytes, meter });
    } else {
      forwardToUpstream(request, response, {
        baseUrl: upstream.baseUrl,
        apiKey: upstream.apiKey,
        agent: parts.agents.for(upstream.baseUrl),
        path: `${route.path}${route.query}`,
        bodyLimit: limits.llmBodyBytes,
        connectMs: limits.llmConnectMs,
        // count_tokens costs nothing and says input_tokens too: only real answers are counted.
        startAnswer: route.endpoint === 'messages' ? meter.startAnswer : () => () => {},
      });
    }
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
