/** Which client addresses are trusted: networks in CIDR notation, IPv4 also in its IPv6-mapped form. */
import { BlockList, isIP } from 'node:net';

/** A client's address in one spelling: IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2) becomes IPv4. */
export function normalAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address.trim())?.[1];
  return mapped ?? address.trim().toLowerCase();
}

/** Tells whether an address is in one of the networks; throws on a network that is none. */
export function trustedClients(networks: string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [written = '', length, ...rest] = network.trim().split('/');
    const address = normalAddress(written);
    const family = isIP(address);
    const bits = family === 4 ? 32 : 128;
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
    if (family === 0 || rest.length > 0 || prefix < 0 || prefix > bits) {
      throw new Error(`Not a network in CIDR notation: ${JSON.stringify(network)}`);
    }
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return (client) => {
    const address = normalAddress(client);
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}
