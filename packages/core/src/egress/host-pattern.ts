/**
 * One entry of a list of hosts: `example.com`, `*.example.com` for what lies below it, an IP address, or a network in
 * CIDR notation; each with a port after it or without. IPv6 with a port stands in brackets: `[2001:db8::1]:443`,
 * `[2001:db8::]/32:443`.
 */
import { canonicalDomain } from '../admission/canonical-domain.ts';
import { hostWithPort, splitHostPort } from './host-port.ts';
import {
  type IpAddress,
  type IpNetwork,
  isInNetwork,
  isSingleAddress,
  parseIpNetwork,
} from './ip-address.ts';

/** An entry in its one form; `text` is its one spelling. `port` is null where none is written. */
export type HostPattern =
  | { kind: 'name'; name: string; port: number | null; text: string }
  /** Every name that ends in `.domain`, the domain itself not included. */
  | { kind: 'below'; domain: string; port: number | null; text: string }
  | { kind: 'network'; network: IpNetwork; port: number | null; text: string };

/** A parsed entry, or a sentence that says what to write. */
type ParsedHostPattern = { ok: true; pattern: HostPattern } | { ok: false; reason: string };

const ONE_LABEL = /^(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads one entry without blanks around it. */
export function parseHostPattern(text: string): ParsedHostPattern {
  if (text.length > 300) return refuse('A host is longer than 253 characters.');
  if (text.includes('://') || text.includes('@')) {
    return refuse('A URL or an address of mail stands where only a host may.');
  }
  const parts = splitHostPort(text);
  if (parts === null) return refuse('A port must be from 1 to 65535, and IPv6 stands in brackets before it.');
  const { host, port } = parts;
  if (/^[0-9.]+$/.test(host) || host.includes('/') || host.includes(':')) return networkPattern(host, port);
  if (host.startsWith('*.')) {
    const domain = canonicalDomain(host.slice(2));
    if (!domain.ok) return refuse(domain.reason);
    const name = `*.${domain.domain}`;
    return { ok: true, pattern: { kind: 'below', domain: domain.domain, port, text: written(name, port) } };
  }
  const name = hostName(host, port);
  if (!name.ok) return refuse(name.reason);
  return { ok: true, pattern: { kind: 'name', name: name.name, port, text: written(name.name, port) } };
}

/** Whether the entry names this host; `name` is lower case without a final dot. Says nothing of ports. */
export function coversName(pattern: HostPattern, name: string): boolean {
  if (pattern.kind === 'name') return pattern.name === name;
  return pattern.kind === 'below' && name.endsWith(`.${pattern.domain}`);
}

/** Whether the entry names this address or a network around it. Says nothing of ports. */
export function coversAddress(pattern: HostPattern, address: IpAddress): boolean {
  return pattern.kind === 'network' && isInNetwork(pattern.network, address);
}

/** A single label is a typing error more often than a host, unless a port says what is meant. */
function hostName(
  host: string,
  port: number | null,
): { ok: true; name: string } | { ok: false; reason: string } {
  const lower = host.toLowerCase();
  if (ONE_LABEL.test(lower)) {
    if (lower === 'localhost')
      return { ok: false, reason: 'localhost is no host; its address is 127.0.0.1.' };
    return port === null
      ? { ok: false, reason: 'A name without a dot needs its port, such as db:5432.' }
      : { ok: true, name: lower };
  }
  const domain = canonicalDomain(host);
  if (!domain.ok) return domain;
  return /(^|\.)localhost$/.test(domain.domain)
    ? { ok: false, reason: 'Names below localhost are no hosts; the address is 127.0.0.1.' }
    : { ok: true, name: domain.domain };
}

function networkPattern(text: string, port: number | null): ParsedHostPattern {
  const parsed = parseIpNetwork(text);
  if (!parsed.ok) return refuse(parsed.reason);
  const { network } = parsed;
  return { ok: true, pattern: { kind: 'network', network, port, text: networkText(network, port) } };
}

function networkText(network: IpNetwork, port: number | null): string {
  if (port === null) return network.text;
  if (network.family === 4 || isSingleAddress(network)) return written(network.text, port);
  const [address, prefix] = network.text.split('/');
  return `[${address}]/${prefix}:${port}`;
}

function written(host: string, port: number | null): string {
  return port === null ? host : hostWithPort(host, port);
}

function refuse(reason: string): { ok: false; reason: string } {
  return {
    ok: false,
    reason: `${reason} Write api.example.com, *.example.com, 192.0.2.0/24 or [2001:db8::1]:443.`,
  };
}
