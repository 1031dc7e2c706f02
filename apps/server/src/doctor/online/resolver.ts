/** Do the name servers answer? Without them no sender can be authenticated, and all mail is put off. */
import { broken, type Check, note, ok } from '../finding.ts';
import { silence, systemServers } from './dns.ts';

/** Servers that are asked. */
const MOST = 5;

/**
 * Asks each of `servers` by itself (DNS_SERVERS; where that is empty, those of the system) for `name`. What the answer says
 * does not matter.
 */
export function resolverCheck({ servers, name }: { servers: readonly string[]; name: string }): Check {
  return {
    name: 'resolver',
    async look(signal) {
      const own = servers.length > 0;
      const asked = (own ? servers : systemServers()).slice(0, MOST);
      const answers = await Promise.all(
        asked.map(async (server) => ({ server, why: await silence(server, name, signal) })),
      );
      const silent = answers.filter(({ why }) => why !== null);
      const from = own ? 'DNS_SERVERS' : '/etc/resolv.conf';
      if (silent.length === 0 && asked.length > 0) return ok(`${asked.join(', ')} (${from})`);
      const text = silent.map(({ server, why }) => `${server}: ${why}`).join('; ');
      if (silent.length < asked.length)
        return note(text, `The others answer. Mend it, or take it out of ${from}.`);
      return broken(
        text || `${from} names no server`,
        `Without it mail from outside is put off, since no sender can be authenticated: mend it, or name others in ${own ? from : 'DNS_SERVERS'}.`,
      );
    },
  };
}
