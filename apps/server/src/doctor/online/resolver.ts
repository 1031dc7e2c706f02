/** Do the name servers answer? Without them no sender can be authenticated, and all mail is put off. */
import { broken, type Check, note, ok } from '../finding.ts';
import { silence, systemServers } from './dns.ts';

const NAME = 'resolver';
/** More are not asked. */
const MOST = 5;

export interface ResolverParts {
  /** DNS_SERVERS; empty = the system's. */
  servers: readonly string[];
  /** A name to ask for; what the answer says does not matter. */
  name: string;
}

/** Asks each server by itself. */
export function resolverCheck({ servers, name }: ResolverParts): Check {
  return {
    name: NAME,
    async look(signal) {
      const own = servers.length > 0;
      const asked = (own ? servers : systemServers()).slice(0, MOST);
      const answers = await Promise.all(
        asked.map(async (server) => ({ server, why: await silence(server, name, signal) })),
      );
      const silent = answers.filter(({ why }) => why !== null);
      const from = own ? 'DNS_SERVERS' : '/etc/resolv.conf';
      if (silent.length === 0 && asked.length > 0) return ok(NAME, `${asked.join(', ')} (${from})`);
      const told = silent.map(({ server, why }) => `${server}: ${why}`).join('; ');
      if (silent.length < asked.length)
        return note(NAME, told, `The others answer. Mend it, or take it out of ${from}.`);
      return broken(
        NAME,
        told || `${from} names no server`,
        `Without it mail from outside is put off, since no sender can be authenticated: mend it, or name others in ${own ? from : 'DNS_SERVERS'}.`,
      );
    },
  };
}
