/** The DNS resolver of Node, as sender authentication asks it. */
import { Resolver } from 'node:dns/promises';
import { type DnsResolver, lookupError, unanswered } from '../authenticate/lookups.ts';
import { labelsOf } from '../doh/dns-query.ts';

/** Throws on a server that is not an IP address with an optional port. */
export function checkDnsServers(servers: readonly string[]): void {
  if (servers.length > 0) new Resolver().setServers(servers);
}

/**
 * A resolver for the lookups of one message, which together may take `budgetMs`. Servers are `address` or
 * `address:port`, none = the system's.
 */
export function nodeResolver(servers: readonly string[], budgetMs: number): DnsResolver {
  const resolver = new Resolver({ timeout: Math.max(250, Math.floor(budgetMs / 4)), tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    async resolve(name, type) {
      // Node cuts a name at a NUL, and reads escapes in it: another name would be asked for.
      if (labelsOf(name) === null) throw lookupError(name, 'EBADNAME', 'it is no name that can be asked for');
      const found = await lookUp(resolver, name, type);
      // An alias of a name without addresses is an empty list there; others have nothing either (RFC 7208 section 4.6.4).
      if (found.length === 0) throw lookupError(name, 'ENODATA', `it has no ${type} records`);
      return found;
    },
    cancel: () => resolver.cancel(),
  };
}

async function lookUp(resolver: Resolver, name: string, type: string): Promise<string[] | string[][]> {
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
