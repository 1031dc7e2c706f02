import { LLM_LIMITS, type LlmLimits } from '../limits.ts';

/** What one run may take of a gateway that its traffic is intercepted for. Times in ms, sizes in bytes. */
export interface InterceptedLimits extends LlmLimits {
  /** Bodies of LLM requests in memory at once, all runs of one process together. */
  llmHostBytes: number;
  /** Requests to the internet at the same time. */
  egressRequests: number;
  /** Bodies of requests to the internet and their answers, over the whole run. */
  egressBytes: number;
  /** Ports that may be asked. */
  egressPorts: readonly number[];
  /** A request to the internet on which nothing moves for this long is ended. */
  egressIdleMs: number;
  /** Refusals that the run can ask for; further ones are counted only. */
  refusalsListed: number;
  /** Events handed on; the last one says that more are left out. */
  events: number;
}

/** For an isolate of 128 MB in which several runs may be under way; a body that is read whole is there twice for a moment. */
export const WORKER_LIMITS: InterceptedLimits = {
  ...LLM_LIMITS,
  llmBodyBytes: 16 * 1024 * 1024,
  llmHeldBytes: 16 * 1024 * 1024,
  llmHostBytes: 40 * 1024 * 1024,
  demoBodyBytes: 2 * 1024 * 1024,
  egressRequests: 32,
  egressBytes: 1024 * 1024 * 1024,
  egressPorts: [80, 443],
  egressIdleMs: 120_000,
  refusalsListed: 100,
  events: 2_000,
};
