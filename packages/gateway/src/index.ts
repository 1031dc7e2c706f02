/** The portable part of the gateway: the LLM route with meter and budget, over web standards. */
export { type GatewayEvent, limitedEvents } from './events.ts';
export {
  type InterceptedDeps,
  type InterceptedGateway,
  openInterceptedGateway,
} from './intercepted/gateway.ts';
export { type InterceptedLimits, WORKER_LIMITS } from './intercepted/limits.ts';
export { LLM_LIMITS, type LlmLimits } from './limits.ts';
export { type HostBodies, hostBodies } from './llm/body-budget.ts';
export {
  type LlmRoute,
  type LlmRouteDeps,
  type LlmRouteRequest,
  type LlmTiming,
  openLlmRoute,
} from './llm/llm-route.ts';
export { UpstreamFault, type UpstreamFetch } from './llm/upstream.ts';
