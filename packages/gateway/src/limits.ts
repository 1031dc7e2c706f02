/** What one run may take of its gateway. Times in ms, sizes in bytes. */
export interface GatewayLimits {
  /** Open connections from the sandbox. */
  connections: number;
  /** Requests of any kind over the whole run; afterwards every new connection is closed at once. */
  requests: number;
  /** LLM requests at the same time. */
  llmRequests: number;
  /** Body of one LLM request. */
  llmBodyBytes: number;
  /** Body of one request to the demo model, which is parsed on the main thread. */
  demoBodyBytes: number;
  /** Bodies of LLM requests that are held in memory, all of a run together. */
  llmHeldBytes: number;
  /** The same of all runs of the host. */
  llmHostBytes: number;
  /** Bodies of LLM requests over the whole run, also of those that were refused. */
  llmSentBytes: number;
  /** Until a body that is held back has come to its end. */
  llmBodyMs: number;
  /** How long a request waits for money that others hold before it is refused. */
  llmBudgetWaitMs: number;
  /** How often the cost of requests under way is written down. */
  llmNoteMs: number;
  /** Until the connection to the LLM stands, TLS included. */
  llmConnectMs: number;
  /** An LLM request on which nothing moves for this long, either way, is ended. */
  llmIdleMs: number;
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
  refusalsKept: number;
  /** Events handed to `onEvent`; the last one says that more are left out. */
  events: number;
}

/** Room for a package install and a long turn; far below what hurts the host. */
export const DEFAULT_LIMITS: GatewayLimits = {
  connections: 256,
  requests: 50_000,
  llmRequests: 16,
  llmBodyBytes: 64 * 1024 * 1024,
  demoBodyBytes: 4 * 1024 * 1024,
  llmHeldBytes: 64 * 1024 * 1024,
  llmHostBytes: 256 * 1024 * 1024,
  llmSentBytes: 4 * 1024 * 1024 * 1024,
  llmBodyMs: 60_000,
  llmBudgetWaitMs: 30_000,
  llmNoteMs: 2_000,
  llmConnectMs: 10_000,
  llmIdleMs: 600_000,
  egressConnections: 64,
  egressBytes: 1024 * 1024 * 1024,
  egressPorts: [80, 443],
  egressConnectMs: 10_000,
  egressIdleMs: 120_000,
  refusalsKept: 100,
  events: 2_000,
};
