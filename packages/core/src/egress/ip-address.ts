/** The one reader of IP addresses and networks: every spelling that has two readings is refused. */

/** An address as a number, with the one text that it is written in. */
export interface IpAddress {
  family: 4 | 6;
  /** 32 or 128 bits. */
  bits: bigint;
  /** Dotted decimal, or RFC 5952: lower case, the longest run of zeros cut. */
  text: string;
}

/** A network in CIDR notation (RFC 4632); a single address is one with all its bits. */
export interface IpNetwork {
  family: 4 | 6;
  /** Its first address. */
  bits: bigint;
  prefix: number;
  /** `10.0.0.0/8`; without `/32` or `/128` where it is a single address. */
  text: string;
}

const DECIMAL_BYTE = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/**
 * Reads dotted decimal of four numbers without leading zeros, or IPv6 (RFC 4291 section 2.2) without brackets and
 * zone. Null for everything else, such as `127.1`, `0x7f.0.0.1` and `2130706433`.
 */
export function parseIpAddress(text: string): IpAddress | null {
  if (text.length > 45) return null;
  if (!text.includes(':')) {
    const bits = ipv4Bits(text);
    return bits === null ? null : { family: 4, bits, text };
  }
  const groups = ipv6Groups(text);
  if (groups === null) return null;
  const bits = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  return { family: 6, bits, text: ipv6Text(groups) };
}

/**
 * Reads `address` or `address/length`. The bits behind the length must be zero, since nobody means one address and
 * writes a network; `reason` is a sentence.
 */
export function parseIpNetwork(
  text: string,
): { ok: true; network: IpNetwork } | { ok: false; reason: string } {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return { ok: false, reason: 'It is no IP address.' };
  const width = address.family === 4 ? 32 : 128;
  const length = slash < 0 ? String(width) : text.slice(slash + 1);
  const prefix = DECIMAL_BYTE.test(length) ? Number(length) : width + 1;
  if (prefix > width) return { ok: false, reason: `What stands after / must be a number up to ${width}.` };
  const behind = BigInt(width - prefix);
  if ((address.bits >> behind) << behind !== address.bits) {
    return { ok: false, reason: `${address.text} is not the first address of a network /${prefix}.` };
  }
  const written = prefix === width ? address.text : `${address.text}/${prefix}`;
  return { ok: true, network: { family: address.family, bits: address.bits, prefix, text: written } };
}

/** Whether the address lies in the network. */
export function isInNetwork(network: IpNetwork, address: IpAddress): boolean {
  if (network.family !== address.family) return false;
  const behind = BigInt((network.family === 4 ? 32 : 128) - network.prefix);
  return address.bits >> behind === network.bits >> behind;
}

/** Whether the network is one address. */
export function isSingleAddress(network: IpNetwork): boolean {
  return network.prefix === (network.family === 4 ? 32 : 128);
}

function ipv4Bits(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => DECIMAL_BYTE.test(part) && Number(part) < 256))
    return null;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function ipv6Groups(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [front, back] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (!front || back === null) return null;
  if (back === undefined) return front.length === 8 ? front : null;
  // `::` stands for at least one group (RFC 5952 section 4.2.2 wants two; one is read all the same).
  const missing = 8 - front.length - back.length;
  return missing < 1 ? null : [...front, ...Array.from({ length: missing }, () => 0), ...back];
}

/** The 16-bit numbers of a colon-separated half; only the last may end in dotted decimal. */
function groupsOf(half: string, mayEndInIpv4: boolean): number[] | null {
  if (half === '') return [];
  const parts = half.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const dotted = mayEndInIpv4 && index === parts.length - 1 ? ipv4Bits(part) : null;
    if (dotted !== null) groups.push(Number(dotted >> 16n), Number(dotted & 0xffffn));
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** RFC 5952 section 4: the longest run of two or more zeros becomes `::`, the first of equals. */
function ipv6Text(groups: readonly number[]): string {
  let start = 0;
  let longest = 0;
  for (let at = 0; at < groups.length; at += 1) {
    let end = at;
    while (groups[end] === 0) end += 1;
    if (end - at > longest) [start, longest] = [at, end - at];
    at = Math.max(at, end - 1);
  }
  const hex = groups.map((group) => group.toString(16));
  if (longest < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + longest).join(':')}`;
}
