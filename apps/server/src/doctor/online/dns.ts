/** Questions to name servers; the answers tell a missing record from a failed lookup. */
import { Resolver } from 'node:dns/promises';
import { errorCode } from '@tinyfat/core';

/** `none`: the name is there, without such a record. `no_name`: there is no such name. */
export type Answer<Record> =
  | { state: 'found'; records: Record[] }
  | { state: 'none' }
  | { state: 'no_name' }
  | { state: 'failed'; why: string };

export interface MxRecord {
  priority: number;
  exchange: string;
}

export interface Dns {
  mx(name: string): Promise<Answer<MxRecord>>;
  /** Each record as one text. */
  txt(name: string): Promise<Answer<string>>;
  /** IPv4 and IPv6. */
  addresses(name: string): Promise<Answer<string>>;
  /** Names of an address. */
  names(address: string): Promise<Answer<string>>;
}

/** Questions that end with the signal. */
export type AskDns = (signal: AbortSignal) => Dns;

/** Ms for one try of one server; two tries fit the time of a check. */
const TRY_MS = 2000;

/** Asks `servers`, `address` or `address:port`; none = the system's. Open questions end with the signal. */
export function dns(servers: readonly string[], signal: AbortSignal): Dns {
  const resolver = resolverFor(servers, signal, 2);
  return {
    mx: (name) => ask(async () => await resolver.resolveMx(name)),
    txt: (name) => ask(async () => (await resolver.resolveTxt(name)).map((parts) => parts.join(''))),
    names: (address) => ask(async () => await resolver.reverse(address)),
    async addresses(name) {
      const both = await Promise.all([
        ask(async () => await resolver.resolve4(name)),
        ask(async () => await resolver.resolve6(name)),
      ]);
      const records = both.flatMap((answer) => (answer.state === 'found' ? answer.records : []));
      if (records.length > 0) return { state: 'found', records };
      return both.find(({ state }) => state === 'failed') ?? both[0];
    },
  };
}

/** The addresses of a name; none where there are none, or no answer. */
export async function addressesOf(name: string, dns: Dns): Promise<string[]> {
  const answer = await dns.addresses(name);
  return answer.state === 'found' ? answer.records : [];
}

/** Why one server does not answer; null where it gives any answer. */
export async function silence(server: string, name: string, signal: AbortSignal): Promise<string | null> {
  const resolver = resolverFor([server], signal, 1);
  const answer = await ask(async () => await resolver.resolveMx(name));
  return answer.state === 'failed' ? answer.why : null;
}

/** The name servers of the system, as c-ares has read them (resolv.conf(5)). */
export function systemServers(): string[] {
  return new Resolver().getServers();
}

function resolverFor(servers: readonly string[], signal: AbortSignal, tries: number): Resolver {
  const resolver = new Resolver({ timeout: TRY_MS, tries });
  if (servers.length > 0) resolver.setServers(servers);
  signal.addEventListener('abort', () => resolver.cancel(), { once: true });
  return resolver;
}

async function ask<Record>(question: () => Promise<Record[]>): Promise<Answer<Record>> {
  try {
    return { state: 'found', records: await question() };
  } catch (error) {
    switch (errorCode(error)) {
      case 'ENODATA':
        return { state: 'none' };
      case 'ENOTFOUND':
        return { state: 'no_name' };
      case 'ETIMEOUT':
      case 'ECANCELLED':
        return { state: 'failed', why: 'no answer in time' };
      case 'ECONNREFUSED':
        return { state: 'failed', why: 'nothing listens there' };
      case 'EREFUSED':
        return { state: 'failed', why: 'it refuses to answer this machine' };
      case 'ESERVFAIL':
        return { state: 'failed', why: 'it could not find the answer (SERVFAIL)' };
      default:
        return { state: 'failed', why: errorCode(error) || 'an answer that could not be read' };
    }
  }
}
