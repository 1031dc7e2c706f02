/** How often a property is tried: `few` times with the other tests, and FUZZ_RUNS times by `npm run fuzz`. */
export function fuzzRuns(few: number): number {
  return Math.max(few, Number(process.env.FUZZ_RUNS ?? 0));
}
