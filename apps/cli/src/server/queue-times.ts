/** How long a lease on a job lasts without a heartbeat, ms, and how often a job is tried. */
export const QUEUE_TIMES = { leaseMs: 30_000, maxAttempts: 3 };
