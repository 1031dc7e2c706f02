/** What one run may take of its gateway's LLM route. Times in ms, sizes in bytes. */
export interface LlmLimits {
  /** Requests at the same time. */
  llmRequests: number;
  /** Body of one request. */
  llmBodyBytes: number;
  /** Body of one request to the demo model, which is parsed on the main thread. */
  demoBodyBytes: number;
  /** Bodies in memory at once, all of a run together. */
  llmHeldBytes: number;
  /** Bodies over the whole run, also of requests that were refused. */
  llmSentBytes: number;
  /** Until a body has come to its end. */
  llmBodyMs: number;
  /** How long a request waits for money that others hold before it is refused. */
  llmBudgetWaitMs: number;
  /** How often the cost of requests under way is written down. */
  llmSettleMs: number;
  /** A request on which nothing moves for this long, either way, is ended. */
  llmIdleMs: number;
}

/** Far more than a long turn takes, and far below what hurts the host. */
export const LLM_LIMITS: LlmLimits = {
  llmRequests: 16,
  llmBodyBytes: 64 * 1024 * 1024,
  demoBodyBytes: 4 * 1024 * 1024,
  llmHeldBytes: 64 * 1024 * 1024,
  llmSentBytes: 4 * 1024 * 1024 * 1024,
  llmBodyMs: 60_000,
  llmBudgetWaitMs: 30_000,
  llmSettleMs: 2_000,
  llmIdleMs: 600_000,
};
