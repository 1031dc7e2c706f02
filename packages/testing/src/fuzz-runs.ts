/**
 * How often a property is tried: a few times with a new seed, which fast-check prints when it fails, or FUZZ_RUNS times
 * where the environment says so.
 */
const wanted = process.env.FUZZ_RUNS;

/** For `fc.assert`. */
export function fuzzRuns(few: number): { numRuns: number; endOnFailure: true } {
  return { numRuns: wanted === undefined ? few : Number(wanted), endOnFailure: true };
}

/** For `it`: what so many runs may take, at so many ms each. */
export function fuzzTimeout(few: number, msOfRun: number): { timeout: number } {
  return { timeout: 30_000 + fuzzRuns(few).numRuns * msOfRun };
}
