import { BlockList, isIP } from 'node:net';

/**
 * IANA IPv4 Special-Purpose Address Registry (RFC 6890, RFC 8190), all of it but the three blocks of ordinary
 * public anycast; with multicast (RFC 5771) and the address under which Azure shows its platform to guests.
 */
const NOT_PUBLIC_IPV4: [network: string, prefix: number][] = [
  ['0.0.0.0', 8], // "this network", RFC 791
  ['10.0.0.0', 8], // private use, RFC 1918
  ['100.64.0.0', 10], // shared address space, RFC 6598 (and 100.100.100.200, a cloud's metadata)
  ['127.0.0.0', 8], // loopback, RFC 1122
  ['168.63.129.16', 32], // Azure's platform address
  ['169.254.0.0', 16], // link local, RFC 3927 (and 169.254.169.254, clouds' metadata)
  ['172.16.0.0', 12], // private use, RFC 1918
  ['192.0.0.0', 24], // IETF protocol assignments, RFC 6890
  ['192.0.2.0', 24], // TEST-NET-1, RFC 5737
  ['192.88.99.0', 24], // 6to4 relay anycast, deprecated by RFC 7526
  ['192.168.0.0', 16], // private use, RFC 1918
  ['198.18.0.0', 15], // benchmarking, RFC 2544
  ['198.51.100.0', 24], // TEST-NET-2, RFC 5737
  ['203.0.113.0', 24], // TEST-NET-3, RFC 5737
  ['224.0.0.0', 4], // multicast, RFC 5771
  ['240.0.0.0', 4], // reserved, RFC 1112, and the limited broadcast, RFC 8190
];

/**
 * Of IPv6 only the block that IANA assigns global unicast from (2000::/3, RFC 4291) can be public. Outside it are
 * loopback, IPv4-mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard-only (100::/64), SRv6
 * (5f00::/16), unique local (fc00::/7), link local (fe80::/10) and multicast (ff00::/8). Inside it, these aren't
 * (IANA IPv6 Special-Purpose Address Registry):
 */
const GLOBAL_UNICAST: [network: string, prefix: number] = ['2000::', 3];
const NOT_PUBLIC_IPV6: [network: string, prefix: number][] = [
  ['2001::', 23], // IETF protocol assignments: Teredo (RFC 4380), ORCHID, benchmarking, RFC 2928
  ['2001:db8::', 32], // documentation, RFC 3849
  ['2002::', 16], // 6to4, RFC 3056: carries any IPv4 address
  ['3fff::', 20], // documentation, RFC 9637
];

const notPublicIpv4 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_IPV4) notPublicIpv4.addSubnet(network, prefix, 'ipv4');
const globalUnicast = new BlockList();
globalUnicast.addSubnet(...GLOBAL_UNICAST, 'ipv6');
const notPublicIpv6 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_IPV6) notPublicIpv6.addSubnet(network, prefix, 'ipv6');

/** True for an address that anybody on the internet could reach; false also for what is no address at all. */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%')) return false;
  switch (isIP(address)) {
    case 4:
      return !notPublicIpv4.check(address, 'ipv4');
    case 6:
      return globalUnicast.check(address, 'ipv6') && !notPublicIpv6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** The same address has many spellings; this compares them as numbers. */
export function sameAddress(one: string, other: string): boolean {
  const family = isIP(one);
  if (family === 0 || isIP(other) !== family) return false;
  const list = new BlockList();
  list.addAddress(other, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(one, family === 4 ? 'ipv4' : 'ipv6');
}
