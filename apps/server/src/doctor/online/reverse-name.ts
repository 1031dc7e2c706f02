/** Where this machine delivers by itself, receivers want its address to have a name that leads back (RFC 1912 section 2.1). */
import { isLoopbackHostname } from '@tinyfat/core';
import type { Config } from '../../config.ts';
import { type Check, note, type Observation, ok } from '../finding.ts';
import { type Answer, type AskDns, addressesOf, type Dns, type MxRecord } from './dns.ts';

const MOST_EXCHANGES = 5;

interface ReverseNameDeps {
  config: Pick<Config, 'smtpUrl'>;
  mx(): Promise<Answer<MxRecord>>;
  dns: AskDns;
  /** Addresses of the network cards. */
  ownAddresses: readonly string[];
}

/** Only for a relay on this machine; checks the addresses of the MX records that are this machine's. */
export function reverseNameCheck({ config, mx, dns, ownAddresses }: ReverseNameDeps): Check {
  return {
    name: 'ptr',
    async look(signal) {
      const { smtpUrl } = config;
      if (smtpUrl === null || !isLoopbackHostname(new URL(smtpUrl).hostname)) return [];
      const answer = await mx();
      if (answer.state !== 'found') return [];
      const ask = dns(signal);
      const exchanges = answer.records.slice(0, MOST_EXCHANGES);
      const found = await Promise.all(exchanges.map(({ exchange }) => addressesOf(exchange, ask)));
      const ours = new Set(found.flat().filter((address) => ownAddresses.includes(address)));
      return await Promise.all([...ours].map((address) => nameOf(address, ask)));
    },
  };
}

async function nameOf(address: string, ask: Dns): Promise<Observation> {
  const answer = await ask.names(address);
  if (answer.state === 'failed') return note(`${address} could not be looked up: ${answer.why}`, null);
  const names = answer.state === 'found' ? answer.records.slice(0, MOST_EXCHANGES) : [];
  const back = await Promise.all(names.map((name) => addressesOf(name, ask)));
  if (back.flat().includes(address)) return ok(`${address} is ${names.join(', ')}`);
  const found =
    names.length === 0
      ? `${address} has no name`
      : `${names.join(', ')}, the name of ${address}, does not lead back to it`;
  return note(
    found,
    'Receivers refuse mail that comes straight from it: have the provider of the address set its name (PTR).',
  );
}
