/** The LLM route of one run: the Messages API for the sandbox, `(Request) → Response`. */
import {
  type Clock,
  equalBytes,
  faultText,
  type KeyRefusal,
  type LlmUpstream,
  type RunSpending,
  type TokenUsage,
  toBase64url,
} from '@tinyfat/core';
import { apiError, type LlmRefusal } from '../api-error.ts';
import { answerOfDemoModel } from '../demo/answer.ts';
import type { GatewayEvent } from '../events.ts';
import type { LlmLimits } from '../limits.ts';
import { admitRequest, unpriced } from '../spending/admit-request.ts';
import { openLedger } from '../spending/ledger.ts';
import { readRequest, unpricedHeaders } from '../spending/read-request.ts';
import { FREE, type RequestMeter } from '../spending/request-meter.ts';
import type { HostBodies } from './body-budget.ts';
import { forwardToUpstream } from './forward.ts';
import { readLlmBody, tooLarge } from './read-body.ts';
import { openUpstream, type UpstreamFetch } from './upstream.ts';

/** What the routes of all runs of a host share. */
export interface LlmRouteDeps {
  fetch: UpstreamFetch;
  bodies: HostBodies;
  limits: LlmLimits;
  now: Clock;
}

/** One run. */
export interface LlmRouteRequest {
  upstream: LlmUpstream;
  spending: RunSpending;
  emit(event: GatewayEvent): void;
}

/** Requests so far, and when the first came and the last ended (epoch ms); null when none. */
export interface LlmTiming {
  requests: number;
  firstRequestAt: number | null;
  lastResponseAt: number | null;
}

export interface LlmRoute {
  /** Worth nothing outside this run: the route wants it as x-api-key. */
  runToken: string;
  /** Answers any request. A body that breaks off is an answer that is cut. */
  serve(request: Request): Promise<Response>;
  /** Reports a request that is refused, and gives the answer to it; `target` as it was asked for. */
  refuse(target: string, refusal: LlmRefusal): Response;
  /** Tokens that the upstream reported so far. */
  usage(): TokenUsage;
  /** What all requests cost so far, micro-dollars; those that were cut by what they may have cost. */
  cost(): number;
  timing(): LlmTiming;
  /** Ends what is under way and settles the last figures; rejects when that fails. */
  close(): Promise<void>;
}

/** What of the Messages API a sandbox may use. */
type Endpoint = '/v1/messages' | '/v1/messages/count_tokens';

const ENDPOINTS = new Map<string, Endpoint>([
  ['/anthropic/v1/messages', '/v1/messages'],
  ['/anthropic/v1/messages/count_tokens', '/v1/messages/count_tokens'],
]);
const QUERY = /^(?:\?[\w=&.-]{0,200})?$/;

export const NO_SUCH_ROUTE: LlmRefusal = {
  status: 404,
  type: 'not_found_error',
  reason: 'no such route; there are /anthropic/v1/messages and /anthropic/v1/messages/count_tokens',
};
export const ONLY_POST: LlmRefusal = {
  status: 405,
  type: 'invalid_request_error',
  reason: 'only POST is allowed here',
};
/** Stands for the status in the log where the sandbox hung up before an answer began. */
const CLIENT_CLOSED_REQUEST = 499;

/** Opens the route of a run; none where the key that the run was to use does not open. */
export async function openLlmRoute(
  { upstream: sealed, spending, emit }: LlmRouteRequest,
  deps: LlmRouteDeps,
): Promise<{ ok: true; route: LlmRoute } | KeyRefusal> {
  const { now } = deps;
  const opened = await openUpstream(sealed);
  if (!opened.ok) return opened;
  const { upstream } = opened;
  const limits = upstream.kind === 'demo' ? forDemo(deps.limits) : deps.limits;
  const runToken = makeRunToken();
  const ledger = openLedger({ spending, now, settleMs: limits.llmSettleMs });
  const budget = deps.bodies.openRun({ held: limits.llmHeldBytes, sent: limits.llmSentBytes });
  const timing: LlmTiming = { requests: 0, firstRequestAt: null, lastResponseAt: null };
  const admission = { ledger, models: spending.models, waitMs: limits.llmBudgetWaitMs, now };
  let running = 0;

  function whyRefused(request: Request): LlmRefusal | null {
    if (request.method !== 'POST') return ONLY_POST;
    if (!tokenMatches(request.headers.get('x-api-key'), runToken)) {
      return { status: 401, type: 'authentication_error', reason: 'x-api-key must be the run token' };
    }
    if (running >= limits.llmRequests) {
      const reason = `too many LLM requests at once; ${limits.llmRequests} are possible`;
      return { status: 429, type: 'rate_limit_error', reason };
    }
    const announced = Number(request.headers.get('content-length') ?? 0);
    return announced > limits.llmBodyBytes ? tooLarge(limits.llmBodyBytes) : null;
  }

  function refuse(target: string, refusal: LlmRefusal): Response {
    emit({ kind: 'llm_refused', target, reason: refusal.reason });
    return apiError(refusal);
  }

  async function serve(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const endpoint = QUERY.test(search) ? ENDPOINTS.get(pathname) : undefined;
    const refusal = endpoint === undefined ? NO_SUCH_ROUTE : whyRefused(request);
    if (endpoint === undefined || refusal !== null) {
      return refuse(pathname + search, refusal ?? NO_SUCH_ROUTE);
    }
    const end = begin(endpoint);
    try {
      const answer = await answerOf(request, endpoint, { query: search, onEnd: end });
      if (answer instanceof Response) return answer;
      end(answer?.status ?? CLIENT_CLOSED_REQUEST);
      return answer === null
        ? new Response(null, { status: CLIENT_CLOSED_REQUEST })
        : refuse(pathname + search, answer);
    } catch (fault) {
      end(500);
      throw fault;
    }
  }

  /** Counts a request as under way; gives the function that ends it, with the status for the log. */
  function begin(path: Endpoint): (status: number) => void {
    const startedAt = now();
    let over = false;
    timing.firstRequestAt ??= startedAt;
    timing.requests += 1;
    running += 1;
    return (status) => {
      if (over) return;
      over = true;
      running -= 1;
      timing.lastResponseAt = now();
      emit({ kind: 'llm', path, status, milliseconds: timing.lastResponseAt - startedAt });
    };
  }

  /** The answer, which calls `onEnd` by itself; or why there is none, null where the sandbox hung up. */
  async function answerOf(
    request: Request,
    endpoint: Endpoint,
    { query, onEnd }: { query: string; onEnd(status: number): void },
  ): Promise<Response | LlmRefusal | null> {
    const { headers, signal } = request;
    const isFree = endpoint === '/v1/messages/count_tokens';
    if (ledger.capped && !isFree && upstream.kind !== 'demo') {
      const reason = unpricedHeaders(headers);
      if (reason !== null) return unpriced(reason);
    }
    const reader = readRequest();
    const body = await readLlmBody(request.body, { limits, budget }, reader.push);
    if (body.kind === 'refused') return body.refusal;
    if (body.kind === 'gone') return null;
    const { bytes, release } = body;
    try {
      if (upstream.kind === 'demo') {
        const answer = answerOfDemoModel(bytes, isFree);
        if (answer.usage !== null) ledger.addFree(answer.usage);
        onEnd(answer.response.status);
        return answer.response;
      }
      const field = reader.refusedField();
      if (field !== null) return refusedField(field);
      const ending = new AbortController();
      const cut = (): void => ending.abort();
      let meter: RequestMeter = FREE;
      if (!isFree) {
        const admitted = await admitRequest(reader.end(), bytes.length, admission, signal);
        if (admitted.kind === 'refused') return admitted.refusal;
        if (admitted.kind === 'gone') return null;
        meter = ledger.begin(admitted.request, cut);
      }
      signal.addEventListener('abort', cut, { once: true });
      if (signal.aborted) cut();
      return await forwardToUpstream(headers, {
        fetch: deps.fetch,
        url: `${upstream.baseUrl}${endpoint}${query}`,
        apiKey: upstream.apiKey,
        body: bytes,
        meter,
        ending,
        idleMs: limits.llmIdleMs,
        onEnd(status) {
          signal.removeEventListener('abort', cut);
          onEnd(signal.aborted && status >= 500 ? CLIENT_CLOSED_REQUEST : status);
        },
        onFault: (fault) => emit({ kind: 'fault', error: faultText(fault) }),
      });
    } finally {
      release();
    }
  }

  return {
    ok: true,
    route: {
      runToken,
      serve,
      refuse,
      usage: ledger.usage,
      cost: ledger.cost,
      timing: () => ({ ...timing }),
      async close() {
        budget.close();
        await ledger.close();
      },
    },
  };
}

function forDemo(limits: LlmLimits): LlmLimits {
  return { ...limits, llmBodyBytes: Math.min(limits.llmBodyBytes, limits.demoBodyBytes) };
}

function refusedField(name: string): LlmRefusal {
  const reason = `the field "${name}" is not possible here: its messages can't be seen and counted; send them all, without it`;
  return { status: 400, type: 'invalid_request_error', reason };
}

/** A fresh token: 256 random bits, shaped so that it is told from a real key at sight. */
function makeRunToken(): string {
  return `tinyfat-run-${toBase64url(crypto.getRandomValues(new Uint8Array(32)))}`;
}

/** Compares without showing by its duration how much was right; the length of a token is no secret. */
function tokenMatches(given: string | null, token: string): boolean {
  const encoder = new TextEncoder();
  return (
    given !== null && equalBytes(encoder.encode(token), encoder.encode(given.slice(0, 2 * token.length)))
  );
}
