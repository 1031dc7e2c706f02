/** Clients by their addresses: the one spelling of each, the network that it is counted for, and lists of networks. */
import { type IpAddress, isInNetwork, parseIpAddress } from '@tinyfat/core';

/** An address in one spelling: IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2) becomes IPv4. A text that is none stays. */
export function normalAddress(address: string): string {
  const text = address.trim().toLowerCase();
  const parsed = parseIpAddress(text);
  if (parsed === null) return text;
  const isMapped = parsed.family === 6 && parsed.bits >> 32n === 0xffffn;
  return isMapped ? groups(parsed.bits, 8, 4).join('.') : parsed.text;
}

/**
 * Whom a connection is counted for: an IPv4 address itself, or for IPv6 its first 64 bits as `2001:db8:0:0::/64`, which is
 * one subscriber, or 48: one rented server or one line often has as many, with 65,536 subnets in them. A text that is no
 * address stays.
 */
export function clientNetwork(address: string, ipv6Bits: 48 | 64 = 64): string {
  const normal = normalAddress(address);
  const parsed = withoutZone(normal);
  if (parsed?.family !== 6) return normal;
  const prefix = groups(parsed.bits, 16, 8).slice(0, ipv6Bits / 16);
  return `${prefix.map((group) => group.toString(16)).join(':')}::/${ipv6Bits}`;
}

/** Tells whether an address is in one of the networks (CIDR notation); throws on a network that is none. */
export function networkList(networks: readonly string[]): (address: string) => boolean {
  const list = networks.map((network) => {
    const [written = '', length, ...rest] = network.trim().split('/');
    const address = parseIpAddress(normalAddress(written));
    const width = address?.family === 4 ? 32 : 128;
    const prefix = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) : -1;
    if (address === null || rest.length > 0 || prefix < 0 || prefix > width) {
      throw new Error(`Not a network in CIDR notation: ${JSON.stringify(network)}`);
    }
    return { ...address, prefix };
  });
  return (client) => {
    const address = withoutZone(normalAddress(client));
    return address !== null && list.some((network) => isInNetwork(network, address));
  };
}

/** Without the name of the interface behind a link-local address (RFC 4007 section 11). */
function withoutZone(address: string): IpAddress | null {
  return parseIpAddress(address.replace(/%.*$/, ''));
}

/** The last `count` groups of so many bits, the highest first. */
function groups(bits: bigint, size: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) =>
    Number(BigInt.asUintN(size, bits >> BigInt(size * (count - 1 - at)))),
  );
}
