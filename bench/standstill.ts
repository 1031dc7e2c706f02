/** How long a server stands still, and how much memory it takes, while something happens to it. */
import { readFileSync } from 'node:fs';
import type { Tinyfat } from '../e2e/support/tinyfat.ts';

export interface Standstill {
  /** The longest time in which `/health/live` did not answer, ms. */
  longestMs: number;
  /** The most resident memory of the server and its threads, bytes. */
  peakBytes: number;
}

/** Asks the server all the time until `work` is done. */
export async function standstill(server: Tinyfat, work: () => Promise<void>): Promise<Standstill> {
  const seen = { longestMs: 0, peakBytes: 0 };
  let done = false;
  const watch = async () => {
    while (!done) {
      const began = performance.now();
      while (!(await isLive(server))) await new Promise((resolve) => setTimeout(resolve, 2));
      seen.longestMs = Math.max(seen.longestMs, performance.now() - began);
      const status = readFileSync(`/proc/${server.pid()}/status`, 'utf8');
      seen.peakBytes = Math.max(seen.peakBytes, Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const watching = watch();
  try {
    await work();
  } finally {
    done = true;
    await watching;
  }
  return seen;
}

/** A connection that the server closed after it had stood still counts as no answer. */
async function isLive(server: Tinyfat): Promise<boolean> {
  try {
    const answer = await fetch(`http://${server.host}:8025/health/live`);
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}
