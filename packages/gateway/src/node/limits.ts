import { LLM_LIMITS, type LlmLimits } from '../limits.ts';

/** What one run may take of its gateway. Times in ms, sizes in bytes. */
export interface GatewayLimits extends LlmLimits {
  /** Open connections from the sandbox. */
  connections: number;
  /** Requests of any kind over the whole run; afterwards every new connection is closed at once. */
  requests: number;
  /** Bodies of LLM requests in memory at once, all runs of the host together. */
  llmHostBytes: number;
  /** Until the connection to the LLM stands, TLS included. */
  llmConnectMs: number;
  /** Proxied connections at the same time. */
  egressConnections: number;
  /** Proxied bytes, both ways, over the whole run. */
  egressBytes: number;
  /** Ports that may be dialled. */
  egressPorts: readonly number[];
  /** Name lookup and dialling of one proxied connection together. */
  egressConnectMs: number;
  /** A proxied connection on which nothing moves for this long is closed. */
  egressIdleMs: number;
  /** Refusals that the run can ask for; further ones are counted only. */
  refusalsListed: number;
  /** Events handed to `onEvent`; the last one says that more are left out. */
  events: number;
}

/** Enough for a package install and a long turn; far below what hurts the host. */
export const DEFAULT_LIMITS: GatewayLimits = {
  ...LLM_LIMITS,
  connections: 256,
  requests: 50_000,
  llmHostBytes: 256 * 1024 * 1024,
  llmConnectMs: 10_000,
  egressConnections: 64,
  egressBytes: 1024 * 1024 * 1024,
  egressPorts: [80, 443],
  egressConnectMs: 10_000,
  egressIdleMs: 120_000,
  refusalsListed: 100,
  events: 2_000,
};
