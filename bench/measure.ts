/** What the measurements share. All times in milliseconds. */
import { spawnSync } from 'node:child_process';

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Rounded to what is worth reading. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** Median time of `node -e 0`: the unit in which cold starts are told. */
export function bareNode(times: number): number {
  return median(
    Array.from({ length: times }, () => {
      const began = performance.now();
      spawnSync(process.execPath, ['-e', '0']);
      return performance.now() - began;
    }),
  );
}

/** The intake counts all the same; it only never says no. */
export const NO_LIMITS = {
  SENDER_MAILS_PER_HOUR: '1000000',
  SENDER_MAILS_PER_DAY: '1000000',
  AGENT_MAILS_PER_HOUR: '1000000',
  AGENT_MAILS_PER_DAY: '1000000',
};
