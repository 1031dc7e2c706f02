/** Money as whole micro-dollars (millionths of a US dollar), so that comparing and adding never drifts. */

/** What a person wrote as an amount of US dollars, or a sentence on what to write. */
type ParsedUsd = { ok: true; microUsd: number } | { ok: false; reason: string };

const MICRO = 1_000_000;
/** More is taken for a slip of the finger. */
const MOST_USD = 1_000_000;

/** Reads `12`, `0.5` or `$12.50`: not negative, at most six decimals, at most a million dollars. */
export function parseUsd(text: string): ParsedUsd {
  const parts = /^\$?(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.trim());
  const microUsd = parts ? Number(parts[1]) * MICRO + Number((parts[2] ?? '').padEnd(6, '0')) : Number.NaN;
  if (microUsd <= MOST_USD * MICRO) return { ok: true, microUsd };
  return { ok: false, reason: `write an amount of US dollars from 0 to ${MOST_USD}, such as 12.50` };
}

/** `$12.50`; an amount below ten cents with as many digits as it needs, up to six. */
export function formatUsd(microUsd: number): string {
  const usd = microUsd / MICRO;
  if (microUsd === 0 || Math.abs(usd) >= 0.1) return `$${usd.toFixed(2)}`;
  return `$${usd.toFixed(6).replace(/0{1,4}$/, '')}`;
}

/** Dollars as they stand in `runs.cost_usd`, back to the whole micro-dollars that they were written from. */
export function microUsdOf(usd: number): number {
  return Math.round(usd * MICRO);
}

/** Micro-dollars as dollars. */
export function usdOf(microUsd: number): number {
  return microUsd / MICRO;
}
