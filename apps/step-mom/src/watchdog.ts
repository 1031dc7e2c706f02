import type { AgentSessionEvent } from '@earendil-works/pi-coding-agent';

/** Summaries come without stream events, so a compaction may be silent for longer. */
const compactionPatience = 3;

/** Why the watchdog stopped the work. */
export type StopReason = 'deadline' | 'stalled';

interface Watchdog {
  /** Tell it every event of the session. */
  see(event: AgentSessionEvent): void;
  /** Resolves when the work has to stop; stays pending otherwise. */
  stopped: Promise<StopReason>;
  end(): void;
}

/**
 * Watches a session: the deadline of the turn, and a model that falls silent. pi never times out a stream that
 * stalls. A running tool may be silent (its own timeout ends it), and so may the wait before a retry.
 *
 * @param remainingMs - until the deadline
 * @param stallMs - the longest silence
 */
export function watch(remainingMs: number, stallMs: number): Watchdog {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<StopReason>();
  let running = 0;
  let silence: NodeJS.Timeout | undefined;
  const expect = (withinMs: number) => {
    clearTimeout(silence);
    silence = setTimeout(() => stop('stalled'), Math.min(withinMs, 2_147_483_647));
  };
  const deadline = setTimeout(() => stop('deadline'), Math.max(0, remainingMs));
  expect(stallMs);
  return {
    stopped,
    see(event) {
      if (event.type === 'tool_execution_start') running++;
      if (event.type === 'tool_execution_end') running--;
      if (running > 0) clearTimeout(silence);
      else if (event.type === 'compaction_start') expect(compactionPatience * stallMs);
      else if (event.type === 'summarization_retry_scheduled' || event.type === 'auto_retry_start') {
        expect(event.delayMs + compactionPatience * stallMs);
      } else if (event.type === 'summarization_retry_attempt_start') expect(compactionPatience * stallMs);
      else expect(stallMs);
    },
    end() {
      clearTimeout(deadline);
      clearTimeout(silence);
    },
  };
}
