/**
 * How long a lease on a job lasts without a heartbeat, and how long the notice to an owner waits for more mails over a
 * limit, ms; and how often a job is tried.
 */
export const QUEUE_TIMES = { leaseMs: 30_000, ownerNoticeDelayMs: 60_000, maxAttempts: 3 };
