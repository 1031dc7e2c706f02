/**
 * DNS for sender authentication: own servers, a limit on the number of lookups, and one time budget for
 * all lookups of a message. What exceeds a limit fails like a server that does not answer, so that it ends
 * as `temperror` and the mail is asked for again later.
 */
import { Resolver } from 'node:dns/promises';

/** Servers are `address` or `address:port`, none = the system's. Times in ms, for one message. */
export interface LookupLimits {
  servers: string[];
  budgetMs: number;
  lookups: number;
}

/** Resolver in the form that mailauth calls. */
export interface Lookups {
  resolve(name: string, type: string): Promise<string[] | string[][]>;
  /** Ends what is still open. */
  cancel(): void;
}

/** Throws on a server that is not an IP address with an optional port. */
export function checkDnsServers(servers: string[]): void {
  if (servers.length > 0) new Resolver().setServers(servers);
}

/** A resolver for the lookups of one message. */
export function limitedLookups(limits: LookupLimits): Lookups {
  const resolver = new Resolver({ timeout: Math.max(250, Math.floor(limits.budgetMs / 4)), tries: 2 });
  if (limits.servers.length > 0) resolver.setServers(limits.servers);
  const endsAt = performance.now() + limits.budgetMs;
  let left = limits.lookups;

  async function resolve(name: string, type: string): Promise<string[] | string[][]> {
    left -= 1;
    const remaining = endsAt - performance.now();
    if (left < 0 || remaining <= 0) throw unanswered(name, left < 0 ? 'too many lookups' : 'out of time');
    const timer = Promise.withResolvers<never>();
    const timeout = setTimeout(() => timer.reject(unanswered(name, 'out of time')), remaining);
    try {
      return await Promise.race([lookup(resolver, name, type), timer.promise]);
    } finally {
      clearTimeout(timeout);
    }
  }
  return { resolve, cancel: () => resolver.cancel() };
}

async function lookup(resolver: Resolver, name: string, type: string): Promise<string[] | string[][]> {
  switch (type) {
    case 'TXT':
      return resolver.resolveTxt(name);
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
    case 'PTR':
      return resolver.resolvePtr(name);
    case 'CNAME':
      return resolver.resolveCname(name);
    case 'MX':
      // mailauth reads `exchange` and `priority`; its type knows only lists of strings, so each is both.
      return (await resolver.resolveMx(name)).map((mx) => Object.assign([mx.exchange], mx));
    default:
      throw unanswered(name, `no lookups of type ${type}`);
  }
}

function unanswered(name: string, why: string): Error {
  return Object.assign(new Error(`${name}: ${why}`), { code: 'ETIMEOUT' });
}
