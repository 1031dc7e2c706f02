import { Resolver } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The outside world as the proxy sees it; tests bring their own. */
export interface EgressNetwork {
  /** Every address of a name, those to be tried first in front; empty when the name has none. Rejects on DNS trouble. */
  resolve(name: string): Promise<string[]>;
  /** Starts a connection to exactly this address. */
  connect(address: string, port: number): Socket;
  /** The host's own addresses: public or not, a sandbox has no business there. */
  ownAddresses(): string[];
}

const NO_SUCH_RECORD = new Set(['ENODATA', 'ENOTFOUND']);

/**
 * The real network. Names go to the DNS only: /etc/hosts, mDNS and search domains are not asked, and lookups
 * don't occupy the thread pool that the whole process shares (getaddrinfo would).
 */
export function systemNetwork(): EgressNetwork {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  return {
    async resolve(name) {
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      const trouble = answers.find(
        (answer) => answer.status === 'rejected' && !isNoSuchRecord(answer.reason),
      );
      if (addresses.length === 0 && trouble?.status === 'rejected') throw trouble.reason;
      return addresses;
    },
    connect: (address, port) =>
      connect({ host: address, port, allowHalfOpen: true, noDelay: true, autoSelectFamily: false }),
    ownAddresses: () =>
      Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address)),
  };
}

function isNoSuchRecord(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && NO_SUCH_RECORD.has(String(reason.code));
}
