/** Whom a connection is counted for: an IPv4 address, or the /64 of an IPv6 address, which is one subscriber. */
import { isIP } from 'node:net';
import { normalAddress } from './trusted-clients.ts';

/**
 * The address itself, or for IPv6 its first 64 bits as `2001:db8:0:0::/64`, or 48: whoever rents one server or has one
 * line often has as many, with 65,536 subnets in them. A text that is no address stays.
 */
export function clientNetwork(address: string, ipv6Bits: 48 | 64 = 64): string {
  const normal = normalAddress(address);
  if (isIP(normal) !== 6) return normal;
  const [bare = ''] = normal.split('%');
  const [front = '', back] = bare.split('::');
  const groups = front.split(':').filter((group) => group !== '');
  if (back !== undefined) {
    const rest = back.split(':').filter((group) => group !== '');
    // An IPv4 tail (RFC 4291 section 2.2) is written as one group and is two.
    const length = rest.length + (back.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: 8 - groups.length - length }, () => '0'), ...rest);
  }
  const prefix = groups.slice(0, ipv6Bits / 16).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/${ipv6Bits}`;
}
