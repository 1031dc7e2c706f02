/** The gateway of one run whose traffic is intercepted: the LLM route, its refusals, and the way to the internet. */
import type { Clock, EgressPolicy, KeyRefusal, LlmUpstream, RunSpending } from '@tinyfat/core';
import { createRefusedList } from '../egress/refused-list.ts';
import { egressRules } from '../egress/rules.ts';
import { type GatewayEvent, limitedEvents } from '../events.ts';
import type { HostBodies } from '../llm/body-budget.ts';
import { type LlmRoute, openLlmRoute } from '../llm/llm-route.ts';
import type { UpstreamFetch } from '../llm/upstream.ts';
import { type EgressDeps, interceptedEgress } from './egress.ts';
import type { InterceptedLimits } from './limits.ts';

/** What the gateways of one process share. */
export interface InterceptedDeps {
  now: Clock;
  llmFetch: UpstreamFetch;
  egressFetch: EgressDeps['fetch'];
  bodies: HostBodies;
  limits: InterceptedLimits;
}

/** One run. */
export interface InterceptedRequest {
  upstream: LlmUpstream;
  spending: RunSpending;
  egress: EgressPolicy;
  onEvent?: (event: GatewayEvent) => void;
}

export interface InterceptedGateway
  extends Pick<LlmRoute, 'runToken' | 'usage' | 'cost' | 'timing' | 'close'> {
  /** Answers what was sent to the gateway itself. */
  serve(request: Request): Promise<Response>;
  /** Answers what was sent to anywhere else. */
  serveEgress(request: Request): Promise<Response>;
}

/** Opens it; none where the key that the run was to use does not open. */
export async function openInterceptedGateway(
  { upstream, spending, egress, onEvent }: InterceptedRequest,
  deps: InterceptedDeps,
): Promise<{ ok: true; gateway: InterceptedGateway } | KeyRefusal> {
  const { limits } = deps;
  const refusedList = createRefusedList(limits.refusalsListed);
  const report = limitedEvents(limits.events, onEvent);
  const emit = (event: GatewayEvent): void => {
    if (event.kind === 'refused') refusedList.add(event);
    report(event);
  };
  const opened = await openLlmRoute(
    { upstream, spending, emit },
    { fetch: deps.llmFetch, bodies: deps.bodies, limits, now: deps.now },
  );
  if (!opened.ok) return opened;
  const { route } = opened;
  const rules = egressRules(egress, [], limits.egressPorts);
  return {
    ok: true,
    gateway: {
      ...route,
      serve: async (request) => refusedList.answer(request) ?? (await route.serve(request)),
      serveEgress: interceptedEgress({ rules, fetch: deps.egressFetch, limits, emit }),
    },
  };
}
