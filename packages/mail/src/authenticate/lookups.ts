/**
 * DNS for sender authentication: a limit on the number of lookups, and one time budget for all lookups of a message.
 * What exceeds a limit fails like a server that does not answer, so that it ends as `temperror` and the mail is asked for
 * again later.
 */

/** Asks the DNS for one message, in the form that mailauth calls; a failed lookup rejects with the codes of node:dns. */
export interface DnsResolver {
  resolve(name: string, type: string): Promise<string[] | string[][]>;
  /** Ends what is still open. */
  cancel(): void;
}

/** For one message; the time in ms. */
export interface LookupLimits {
  budgetMs: number;
  lookups: number;
}

/** The resolver within the limits of one message. */
export function limitedLookups(
  resolver: DnsResolver,
  { budgetMs, lookups }: LookupLimits,
): DnsResolver['resolve'] {
  const endsAt = performance.now() + budgetMs;
  let left = lookups;
  return async (name, type) => {
    left -= 1;
    const remaining = endsAt - performance.now();
    if (left < 0 || remaining <= 0) throw unanswered(name, left < 0 ? 'too many lookups' : 'out of time');
    const timer = Promise.withResolvers<never>();
    const timeout = setTimeout(() => timer.reject(unanswered(name, 'out of time')), remaining);
    try {
      return await Promise.race([resolver.resolve(name, type), timer.promise]);
    } finally {
      clearTimeout(timeout);
    }
  };
}

/** What a lookup rejects with that had no answer. */
export function unanswered(name: string, why: string): Error {
  return lookupError(name, 'ETIMEOUT', why);
}

/** What a lookup rejects with: a code of node:dns, and why in words. */
export function lookupError(name: string, code: string, why: string): Error {
  return Object.assign(new Error(`${name}: ${why}`), { code });
}
