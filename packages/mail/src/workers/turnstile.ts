/** Lets a number of callers in at once, the others in order of arrival. */

/** Runs a function when a place is free. */
export type Turnstile = <T>(run: () => Promise<T>) => Promise<T>;

/** A turnstile with so many places. */
export function turnstile(places: number): Turnstile {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
