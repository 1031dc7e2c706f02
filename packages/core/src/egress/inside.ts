/**
 * Hosts that are not public, which the operator lets agents reach (`EGRESS_ALLOW`). A mistake here opens the machine or its
 * cloud account to everybody who may write to an agent, so dangerous hosts are named by their exact address.
 */
import { coversAddress, coversName, type HostPattern, parseHostPattern } from './host-pattern.ts';
import {
  type IpAddress,
  type IpNetwork,
  isInNetwork,
  isSingleAddress,
  parseIpNetwork,
} from './ip-address.ts';

/** Where a name that is allowed may lead to, and what a network may open: RFC 1918, RFC 6598, RFC 4193. */
const PRIVATE = networks('10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7');
/** Inside of them: metadata of clouds, which hands out credentials (Alibaba, AWS over IPv6, Google over IPv6). */
const METADATA = networks('100.100.100.200', 'fd00:ec2::254', 'fd20:ce::254');
/** No host has these: this network, multicast, reserved; and IPv6 that carries IPv4, which has a spelling of its own. */
const NO_HOST = networks(
  '0.0.0.0/8',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  'ff00::/8',
);

const MOST_ENTRIES = 100;

/** The entries, or a sentence that names the first one that can't be used by its number. */
type ParsedEgressAllow = { ok: true; allow: HostPattern[] } | { ok: false; reason: string };

/** Reads entries with commas between, as `parseHostPattern` does. */
export function parseEgressAllow(text: string): ParsedEgressAllow {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.length > MOST_ENTRIES) return { ok: false, reason: `has more than ${MOST_ENTRIES} entries` };
  const allow: HostPattern[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = parseHostPattern(entry);
    const reason = parsed.ok ? whyUnusable(parsed.pattern) : parsed.reason;
    if (reason !== null) return { ok: false, reason: `can not be used: entry ${index + 1}: ${reason}` };
    if (parsed.ok) allow.push(parsed.pattern);
  }
  return { ok: true, allow };
}

function whyUnusable(pattern: HostPattern): string | null {
  if (pattern.kind !== 'network') return null;
  const { network } = pattern;
  if (NO_HOST.some((one) => isInNetwork(one, network))) return `No host has an address of ${network.text}.`;
  if (isSingleAddress(network)) return null;
  if (!PRIVATE.some((one) => isInNetwork(one, network) && one.prefix <= network.prefix)) {
    return `${network.text} is no private network; loopback, link-local, metadata and public addresses are named one by one.`;
  }
  return null;
}

/** The host of a request: a name (lower case, no final dot) or an address as it was written. */
export type EgressHost = { kind: 'name'; name: string } | { kind: 'address'; address: IpAddress };

/** The entries that name this host and port. One without a port is for `ordinaryPorts`. */
export function allowedEntries(
  allow: readonly HostPattern[],
  host: EgressHost,
  port: number,
  ordinaryPorts: readonly number[],
): HostPattern[] {
  return allow.filter(
    (entry) =>
      (entry.port === null ? ordinaryPorts.includes(port) : entry.port === port) &&
      (host.kind === 'name' ? coversName(entry, host.name) : coversAddress(entry, host.address)),
  );
}

/**
 * Whether a connection that the operator's entries allow may go to this address, which is not public. Private ones may,
 * but for metadata and this machine's own; those, loopback and link-local only where an entry is exactly this address.
 */
export function mayLeadInside(
  address: IpAddress,
  port: number,
  {
    allow,
    ordinaryPorts,
    own,
  }: { allow: readonly HostPattern[]; ordinaryPorts: readonly number[]; own: boolean },
): boolean {
  if (NO_HOST.some((network) => isInNetwork(network, address))) return false;
  const named = allowedEntries(allow, { kind: 'address', address }, port, ordinaryPorts);
  if (named.some((entry) => entry.kind === 'network' && isSingleAddress(entry.network))) return true;
  return (
    !own &&
    PRIVATE.some((network) => isInNetwork(network, address)) &&
    !METADATA.some((network) => isInNetwork(network, address))
  );
}

function networks(...texts: string[]): IpNetwork[] {
  return texts.map((text) => {
    const parsed = parseIpNetwork(text);
    if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
    return parsed.network;
  });
}
