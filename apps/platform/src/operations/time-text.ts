/** Times in words. */

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** `5 minutes ago`, `yesterday`, `just now`; times in epoch ms. */
export function agoText(at: number, now: number): string {
  for (const [unit, ms] of STEPS) {
    if (now - at >= ms) return words.format(-Math.floor((now - at) / ms), unit);
  }
  return 'just now';
}
